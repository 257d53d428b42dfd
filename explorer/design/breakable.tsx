/** A name that may end a line behind its separators, rather than in the middle of a word. */

const BEHIND_SEPARATOR = /(?<=[_:./-])(?=[^_:./-])/;

export function Breakable({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(BEHIND_SEPARATOR).map((part, i) => (
        <span key={i}>
          {i > 0 && <wbr />}
          {part}
        </span>
      ))}
    </>
  );
}
