// Which LaTeX commands and environments hold text, formulas or neither. All others are taken off and leave their arguments.

/** Commands whose arguments are no text: names of labels, files, lengths, and definitions. */
export const SILENT = new Set(
  ("label ref eqref pageref autoref cref Cref nameref cite citep citet citeauthor citeyear nocite parencite textcite " +
    "autocite footcite bibliography bibliographystyle index glossary input include includeonly includegraphics vspace " +
    "hspace setlength addtolength setcounter addtocounter newcounter usepackage documentclass newcommand renewcommand " +
    "providecommand newenvironment renewenvironment newtheorem DeclareMathOperator def let pagestyle thispagestyle " +
    "pagenumbering hyphenation addcontentsline graphicspath title@ phantomsection color rowcolor cellcolor cline " +
    "RequirePackage PassOptionsToPackage hypersetup definecolor fontsize selectfont markboth markright enlargethispage " +
    "input@path bibitem printbibliography addbibresource newpage clearpage columnwidth tikzset pgfplotsset")
    .split(" "),
);
/** Commands with one argument that is no text before one that is. */
export const SECOND = new Set([
  "href",
  "hypertarget",
  "hyperlink",
  "textcolor",
  "colorbox",
  "parbox",
  "raisebox",
  "multicolumn",
  "multirow",
  "foreignlanguage",
]);
/** Commands that stand alone on their lines, with an empty line around. */
export const HEADINGS = new Set(
  "part chapter section subsection subsubsection paragraph subparagraph title author date caption".split(" "),
);
/** Environments copied as they are, from the first character to the last. */
export const COPIED = new Set(
  ("equation align gather multline eqnarray displaymath math flalign alignat split verbatim lstlisting minted Verbatim " +
    "alltt").split(" "),
);
/** Those of them that hold no formula. */
export const LITERAL = new Set(["verbatim", "lstlisting", "minted", "Verbatim", "alltt"]);
/** Environments without text. */
export const HIDDEN = new Set(["tikzpicture", "comment", "filecontents", "pgfpicture", "thebibliography"]);
/** Environments with rows of cells. */
export const TABLES = new Set(["tabular", "tabularx", "tabulary", "longtable", "array"]);
