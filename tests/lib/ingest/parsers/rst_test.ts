import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { rstParser } from "../../../../lib/ingest/parsers/rst.ts";
import { documentsOf, survives, textOf } from "./office_fixture.ts";

function rst(text: string): Promise<string> {
  return textOf(rstParser, text);
}

Deno.test("rstParser leaves out underlines, comments, targets and lists of files", async () => {
  const text = `=====
Title
=====

.. a comment
   of two lines

.. _target: http://x

Section
-------

.. toctree::
   :maxdepth: 2

   file

.. |x| replace:: y

Text.

-----

.. [1] A note.
`;
  assertEquals((await rst(text)).replace(/\n+/g, "\n"), "Title\nSection\nText.\n[1] A note.\n");
});

Deno.test("rstParser turns roles, links and emphasis to their text", async () => {
  const text =
    "*a* **b c** ``d *e* `f``` :ref:`g <h>` :class:`~i.J` `k <http://l>`_ `m n`_ o_ p_q [1]_ |r| 2*3*4 x*y **kwargs *args";
  assertEquals(await rst(text), "a b c d *e* `f` g i.J k m n o p_q [1] r 2*3*4 x*y **kwargs *args");
});

Deno.test("rstParser keeps code, tables and what directives say", async () => {
  const text = `.. note:: Take *care*
   :class: x

   Body.

.. code-block:: python
   :linenos:

   def f(*a, **b): return \`\`x\`\`

Example::

    *kept*

    .. kept

.. image:: a.png
   :alt: A picture

.. py:function:: f(a)

=== ===
A   B
=== ===
1   2
=== ===
`;
  assertEquals(
    await rst(text),
    `Take care

   Body.

   def f(*a, **b): return \`\`x\`\`

Example:

    *kept*

    .. kept

[A picture]

f(a)

=== ===
A   B
=== ===
1   2
=== ===
`,
  );
});

Deno.test("rstParser takes time in proportion to hostile input", async () => {
  const count = 100_000;
  for (
    const text of [
      "`",
      "`a <",
      "*a ",
      "**a",
      ":a",
      "::",
      "a.",
      "|a",
      ".. a::\n",
      "..\n",
      "=\n",
      " ",
      "a_ ",
      "[#a",
    ]
  ) {
    const start = performance.now();
    await rst(`${text.repeat(count)}\`_|*`);
    const elapsedMs = performance.now() - start;
    assert(elapsedMs < 1500, `${text} took ${elapsedMs} ms`);
  }
});

Deno.test("rstParser never throws anything but ParseFailure", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(rstParser, bytes)));
  assertEquals(await documentsOf(rstParser, "A\n=\nb", { mode: "line" }), ["A", "=", "b"]);
});
