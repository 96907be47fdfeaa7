import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Document, isNode, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { type Fault, SettingsError } from './fault.ts';
import { reasonOf } from './reference.ts';

/** A path into a YAML file: `['accounts', 1, 'password']`. */
export type YamlPath = readonly PropertyKey[];

/** A parsed YAML file, and where in it things stand. */
export type YamlFile = {
  readonly data: unknown;
  /** `file:line` of the value at the path, or of what is nearest around it. */
  readonly where: (path: YamlPath) => string;
};

export type YamlRequest = {
  readonly file: string;
  /** The setting that names the file. */
  readonly setting: string;
  /** A file with secrets: the parser's messages, which quote the file, are not shown. */
  readonly sensitive?: boolean;
};

/** Reads a YAML file. Throws a `SettingsError` when it cannot be read or is not YAML. */
export function readYaml(request: YamlRequest): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(readSource(request), { lineCounter: lines, prettyErrors: false });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) throw new SettingsError(errors.map((error) => syntaxFault(request, lines, error)));
  const name = basename(request.file);
  const where = (path: YamlPath) => `${name}:${lines.linePos(offsetOf(document, path)).line}`;
  return { data: resolveAliases(document, request), where };
}

function readSource({ file, setting }: YamlRequest): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const problem = `the file ${file} cannot be read (${reasonOf(error)})`;
    throw new SettingsError([{ name: setting, problem, fix: 'check the path and its permissions' }]);
  }
}

function syntaxFault({ file, setting, sensitive }: YamlRequest, lines: LineCounter, error: YAMLError): Fault {
  const detail = sensitive ? error.code : `${error.code}, ${error.message}`;
  return {
    name: setting,
    where: `${basename(file)}:${lines.linePos(error.pos[0]).line}`,
    problem: `is not sound YAML (${detail})`,
    fix: 'correct that line; a value with special characters goes in quotes',
  };
}

/** An alias without its anchor is found only here; its name may be a secret that begins with `*`. */
function resolveAliases(document: Document, { setting, file }: YamlRequest): unknown {
  try {
    return document.toJS();
  } catch {
    const problem = `${basename(file)} has an alias (*name) without its anchor (&name)`;
    throw new SettingsError([{ name: setting, problem, fix: 'put a value that begins with * in quotes' }]);
  }
}

function offsetOf(document: Document, path: YamlPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
