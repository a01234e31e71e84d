import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { notebookParser } from "../../../../lib/ingest/parsers/notebook.ts";
import { documentsOf, said } from "./records_fixture.ts";

const CELLS = [
  { cell_type: "markdown", metadata: {}, source: ["# Sheep\n", "\n", "How many are there?"] },
  {
    cell_type: "code",
    execution_count: 1,
    metadata: {},
    source: ["flock = 12\n", "print(flock)\n"],
    outputs: [{ output_type: "stream", name: "stdout", text: ["12\n"] }, {
      output_type: "display_data",
      data: { "image/png": "iVBORw0KGgo=" },
    }],
  },
  { cell_type: "code", metadata: {}, source: "", outputs: [] },
  { cell_type: "raw", metadata: {}, source: "\\newpage" },
];
const NOTEBOOK = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: "python3", language: "python" }, language_info: { name: "python" } },
  cells: CELLS,
};

Deno.test("notebookParser gives Markdown and fenced code in order, without outputs", async () => {
  assertEquals(await documentsOf(notebookParser, JSON.stringify(NOTEBOOK)), [
    "# Sheep\n\nHow many are there?\n\n```python\nflock = 12\nprint(flock)\n```\n\n\\newpage\n",
  ]);
  assertEquals(
    (await documentsOf(notebookParser, JSON.stringify(NOTEBOOK), { data: { mode: "line" } })).map((text) =>
      text.split("\n")[0]
    ),
    ["# Sheep", "```python", "\\newpage"],
  );
});

Deno.test("notebookParser reads format 3: worksheets, headings, input", async () => {
  const old = {
    nbformat: 3,
    metadata: { name: "" },
    worksheets: [{
      cells: [
        { cell_type: "heading", level: 2, source: ["Flock"] },
        {
          cell_type: "code",
          language: "python",
          input: ["1 + 1"],
          outputs: [{ output_type: "pyout", text: ["2"] }],
        },
      ],
    }, { cells: [{ cell_type: "markdown", source: "End." }] }],
  };
  assertEquals(await documentsOf(notebookParser, JSON.stringify(old)), [
    "## Flock\n\n```python\n1 + 1\n```\n\nEnd.\n",
  ]);
});

Deno.test("notebookParser leaves the descriptions of pictures and a fence longer than any in the code", async () => {
  const cells = [
    {
      cell_type: "markdown",
      source: 'A ![ram](attachment:ram.png) and ![ewe](data:image/png;base64,AAAA "x") ![far](a.png)',
    },
    { cell_type: "code", source: 's = """\n````\n"""' },
  ];
  assertEquals(await documentsOf(notebookParser, JSON.stringify({ cells })), [
    'A ram and ewe ![far](a.png)\n\n`````\ns = """\n````\n"""\n`````\n',
  ]);
});

Deno.test("notebookParser says of a damaged notebook what is wrong", async () => {
  const whole = JSON.stringify(NOTEBOOK);
  assertEquals(
    (await said(notebookParser, whole.slice(0, 200))).failure,
    "failed: damaged notebook: not JSON",
  );
  for (const text of ["[]", "7", '{"cells":{}}', "{}"]) {
    assertEquals((await said(notebookParser, text)).failure, "failed: damaged notebook: no cells", text);
  }
  assertEquals(await documentsOf(notebookParser, '{"cells":[]}'), []);
  assertEquals(
    await documentsOf(notebookParser, '{"cells":[null,7,{"source":{"a":1}},{"cell_type":"code"}]}'),
    [],
  );
});

Deno.test("notebookParser never throws anything but its own failure", async () => {
  const cell = fc.record({
    cell_type: fc.oneof(fc.constantFrom("code", "markdown", "heading"), fc.anything()),
    source: fc.oneof(fc.string(), fc.array(fc.string()), fc.anything()),
    level: fc.anything(),
    language: fc.anything(),
  }, { requiredKeys: [] });
  const notebook = fc.record({ cells: fc.array(cell), metadata: fc.anything() });
  await fc.assert(fc.asyncProperty(notebook, async (notebook) => {
    const text = JSON.stringify(notebook, (_, value) => typeof value === "bigint" ? String(value) : value);
    assert(await said(notebookParser, text));
  }));
});
