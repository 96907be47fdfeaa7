/** A text for people, in both of their languages. */
export type Bilingual = { readonly en: string; readonly zh: string };
