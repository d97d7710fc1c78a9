"""What a part has found: rows, as a table and as JSON."""
import dataclasses
import json


@dataclasses.dataclass
class Row:
    title: str
    value: float
    unit: str
    floor: str = ""       # in words
    met: bool | None = None   # None: there is no floor


class Findings:
    """The rows of one part, in the order in which they were found."""

    def __init__(self, part, say=print):
        self.part, self.rows, self._say = part, [], say

    def add(self, title, value, unit):
        self._append(Row(title, value, unit))

    def at_least(self, title, value, unit, floor):
        self._append(Row(title, value, unit, f"≥ {floor:g}", value >= floor))

    def at_most(self, title, value, unit, ceiling):
        self._append(Row(title, value, unit, f"≤ {ceiling:g}", value <= ceiling))

    def value(self, title):
        return next(row.value for row in self.rows if row.title == title)

    def _append(self, row):
        self.rows.append(row)
        self._say(f"{self.part}: {row.title}: {figure(row)}")

    def markdown(self):
        """Its rows of a table of four columns."""
        verdict = {True: "met", False: "**missed**", None: ""}
        return "\n".join([f"| **{self.part}** | | | |"] +
                         [f"| {row.title} | {figure(row)} | {row.floor} | {verdict[row.met]} |" for row in self.rows])

    def json(self, **about):
        rows = [{**dataclasses.asdict(row), "value": round(row.value, 3)} for row in self.rows]
        return json.dumps({"part": self.part, **about, "rows": rows}, ensure_ascii=False)


def figure(row):
    digits = 0 if abs(row.value) >= 100 or float(row.value).is_integer() else 1 if abs(row.value) >= 10 else 2
    return f"{row.value:,.{digits}f} {row.unit}".strip()
