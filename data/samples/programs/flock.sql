-- The flock book: who is who, who is whose mother, and how much wool there was.

CREATE TABLE sheep (
  name      TEXT PRIMARY KEY,
  born      INTEGER NOT NULL,
  colour    TEXT NOT NULL,
  mother    TEXT REFERENCES sheep (name)
);

CREATE TABLE fleece (
  sheep     TEXT NOT NULL REFERENCES sheep (name),
  year      INTEGER NOT NULL,
  pounds    REAL NOT NULL CHECK (pounds > 0),
  PRIMARY KEY (sheep, year)
);

INSERT INTO sheep (name, born, colour, mother) VALUES
  ('Old Grey', 1901, 'grey', NULL),
  ('Thistle', 1904, 'white', 'Old Grey'),
  ('Hazel', 1906, 'brown', 'Old Grey'),
  ('Clover', 1909, 'white', 'Thistle'),
  ('Button', 1911, 'white', 'Clover');

INSERT INTO fleece (sheep, year, pounds) VALUES
  ('Old Grey', 1911, 5.0), ('Thistle', 1911, 6.5), ('Hazel', 1911, 7.0), ('Clover', 1911, 5.5),
  ('Old Grey', 1912, 4.5), ('Thistle', 1912, 6.0), ('Hazel', 1912, 7.5), ('Clover', 1912, 6.0);

-- How much wool did each sheep give in the average, and who gave the most?
SELECT sheep.name, round(avg(fleece.pounds), 2) AS average
FROM sheep JOIN fleece ON fleece.sheep = sheep.name
GROUP BY sheep.name
ORDER BY average DESC;

-- All the daughters and granddaughters of Old Grey.
WITH RECURSIVE family (name, generation) AS (
  SELECT name, 0 FROM sheep WHERE name = 'Old Grey'
  UNION ALL
  SELECT sheep.name, family.generation + 1
  FROM sheep JOIN family ON sheep.mother = family.name
)
SELECT name, generation FROM family WHERE generation > 0 ORDER BY generation, name;
