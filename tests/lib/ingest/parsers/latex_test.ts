import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { latexParser } from "../../../../lib/ingest/parsers/latex.ts";
import { documentsOf, survives, textOf } from "./office_fixture.ts";

function latex(text: string): Promise<string> {
  return textOf(latexParser, text);
}

Deno.test("latexParser keeps the body without preamble, comments and labels", async () => {
  const text = `\\documentclass{article} % no
\\title{The \\LaTeX\\ title}
\\newcommand{\\x}[1]{no #1}
\\begin{document}
\\maketitle
\\section[no]{One}\\label{no}
Some \\textbf{bold \\emph{words}}~\\cite{no}, 50\\% of it. % no
% no
More {\\bf old} style\\footnote{A note.}.
\\end{document}
no`;
  assertEquals(
    await latex(text),
    "The LaTeX title\n\nOne\n\nSome bold words, 50% of it.\nMore old style [A note.].",
  );
});

Deno.test("latexParser keeps formulas in TeX", async () => {
  const text =
    "a $x^2 \\$ %_1$ b \\[ y \\] $$z$$ \\(w\\)\n\\begin{align*}\na &= b \\label{c}\\\\\n\\end{align*}";
  assertEquals(
    await latex(text),
    "a $x^2 \\$ %_1$ b \\[ y \\] $$z$$ \\(w\\)\n\n\\begin{align*}\na &= b \\\\\n\\end{align*}",
  );
  assertEquals(await latex("costs 5$ only"), "costs 5$ only");
});

Deno.test("latexParser reads lists, tables, literal text, accents and signs", async () => {
  assertEquals(
    await latex(
      "\\begin{enumerate}\n\\item a\n\\begin{itemize}\n\\item[B] c\n\\end{itemize}\n\\item d\n\\end{enumerate}",
    ),
    "1. a\n\n  - B: c\n\n2. d",
  );
  assertEquals(
    await latex(
      "\\begin{tabular}{|l|r|}\n\\hline\nA & B \\\\\n1 & \\multicolumn{1}{c}{2} \\\\ \\hline\n\\end{tabular}",
    ),
    "A\tB\n1\t2",
  );
  assertEquals(
    await latex("\\begin{verbatim}\n  % \\x{\n\\end{verbatim}\n\\verb|a%b| \\href{http://x}{link}"),
    "  % \\x{\n\na%b link",
  );
  assertEquals(
    await latex("caf\\'e na\\\"{\\i}ve Stra{\\ss}e \\c{c} ``q'' 1--2---\\& \\{x\\} a~b\\,c \\o re"),
    "café naïve Straße ç “q” 1–2—& {x} a b c øre",
  );
});

Deno.test("latexParser keeps a source whose braces do not match as it is", async () => {
  for (const text of ["\\textbf{a", "a } b", "{".repeat(2000) + "}".repeat(2000)]) {
    assertEquals(await latex(text), text);
  }
});

Deno.test("latexParser takes time in proportion to hostile input", async () => {
  const count = 100_000;
  const hostile = [
    "{",
    "{}",
    "$",
    "\\(",
    "\\[",
    "\\begin{align}",
    "\\begin{a}",
    "\\label{",
    "\\label{}",
    "\\item[",
    "\\verb|",
    "\\'",
    "%",
    "%\n",
    "\\title ",
    "\\ ",
    " ",
    "[",
    "\\\\[",
    "`",
    "\\label{{}",
  ];
  for (const text of hostile) {
    const start = performance.now();
    await latex(`${text.repeat(count)}x`);
    const elapsedMs = performance.now() - start;
    assert(elapsedMs < 1500, `${text} took ${elapsedMs} ms`);
  }
});

Deno.test("latexParser never throws anything but ParseFailure", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(latexParser, bytes)),
  );
  const piece = fc.constantFrom(
    ..."\\begin{itemize} \\end{itemize} \\item { } $ $$ \\( \\) \\[ \\] % & \\\\ \\label \\section \\footnote \\href ~ \\' \\verb|a| \\begin{equation} \\end{equation} \\begin{document} \\end{document} [ ] a"
      .split(" "),
    "\n",
    " ",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (all) => typeof await latex(all.join("")) === "string"),
  );
  assertEquals(await documentsOf(latexParser, "a\\\\b", { mode: "line" }), ["a", "b"]);
});
