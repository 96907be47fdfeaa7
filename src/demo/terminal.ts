import { styleText } from 'node:util';

/** A stream that may be a terminal. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** What the demo paints with. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** Where the demo writes: a terminal, or a file that gets plain lines. */
export type Terminal = {
  readonly stream: Output;
  readonly isTTY: boolean;
  print(line?: string): void;
  /** Colours a text, on a terminal only (and not where NO_COLOR is set). */
  paint(style: Style, text: string): string;
};

/** Wraps a stream. */
export function createTerminal(stream: Output): Terminal {
  const isTTY = stream.isTTY === true;
  return {
    stream,
    isTTY,
    print: (line = '') => {
      stream.write(`${line}\n`);
    },
    paint: (style, text) => (isTTY ? styleText(style, text, { stream }) : text),
  };
}
