"""Analyses the text files of a folder, each in a child job of its own, and writes one report.

Given to the job: `patterns` of the files, `report` for the name of the file to write, and `pause`,
seconds that each child takes longer, so that there is time to look on.
"""

import re
import time
from collections import Counter

WORDS_PER_MINUTE = 230
STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being below between both
    but by can cannot could did do does doing done down during each else even every few for from further get gets give
    given goes had has have having he her here hers him his how however i if in into is it its itself just least less let
    like made make makes many may me might more most much must my need needs neither never new no nor not nothing now of
    off often on once one only onto or other our ours out over own per rather same say says see set shall she should since
    so some such take than that the their theirs them then there these they thing things this those though three through
    thus to too two under until up upon us use used uses using very was way we well were what when where whether which
    while who whole whom whose why will with within without would yet you your yours
    """.split()
)
TO_DO = r"\b(todo|fixme|tbd|to be (?:done|decided|written|added)|not yet|still missing|must still|needs? to be|should be)\b"


def analyse(path, pause):
    """Reads one file and says what is in it."""
    text = read_text(path)
    prose = without_code(text)
    words = re.findall(r"[^\W\d_][\w'’-]*", prose)
    terms = Counter(word.lower() for word in words if len(word) > 2 and word.lower() not in STOP_WORDS)
    time.sleep(pause)
    print("analysed", path)
    return {
        "path": path,
        "sections": re.findall(r"^#{1,6}\s+(.+?)\s*#*$", prose, re.MULTILINE),
        "words": len(words),
        "minutes": len(words) / WORDS_PER_MINUTE,
        "terms": [list(pair) for pair in terms.most_common(12)],
        "links": links(prose),
        "to_do": to_do(prose),
    }


def without_code(text):
    """The text without its fenced blocks of code."""
    return re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", text, flags=re.MULTILINE | re.DOTALL)


def links(prose):
    """What the text links to, each once."""
    inline = re.findall(r"\[[^\]\n]+\]\(([^)\s]+)", prose)
    bare = re.findall(r"(?<![(<\"])https?://[^\s<>)\"'`]+", prose)
    return sorted(set(inline) | {link.rstrip(".,;:") for link in bare})


def to_do(prose):
    """The sentences that read like something to be done."""
    found = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.|#+|\|)\s)", prose):
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(paragraph.split())):
            if re.search(TO_DO, sentence, re.IGNORECASE):
                found.append(sentence.lstrip("-*+# ")[:240])
    return found


def minutes(value):
    return "%.1f min" % value if value < 10 else "%d min" % round(value)


def cell(text):
    return str(text).replace("|", "\\|")


def overview(results):
    lines = ["| File | Sections | Words | Reading | Links | To do | Most frequent terms |"]
    lines.append("|---|--:|--:|--:|--:|--:|---|")
    for one in results:
        frequent = ", ".join(term for term, count in one["terms"][:5])
        figures = [len(one["sections"]), f"{one['words']:,}", minutes(one["minutes"]), len(one["links"]), len(one["to_do"])]
        lines.append("| " + " | ".join(cell(value) for value in [one["path"], *figures, frequent]) + " |")
    return lines


def listed(results, name):
    lines = []
    for one in results:
        if one[name]:
            lines.append("- **%s**" % one["path"])
            lines.extend("  - %s" % item for item in one[name])
    return lines or ["None."]


def write_up(results, failures):
    """The report, in Markdown."""
    words = sum(one["words"] for one in results)
    terms = Counter()
    for one in results:
        terms.update(dict(one["terms"]))
    longest = sorted(results, key=lambda one: -one["words"])[:5]
    lines = ["# What the files say", ""]
    lines.append(
        "%d files, %s words, %s of reading, %d links, %d sentences that read like something to do."
        % (
            len(results),
            f"{words:,}",
            minutes(words / WORDS_PER_MINUTE),
            sum(len(one["links"]) for one in results),
            sum(len(one["to_do"]) for one in results),
        )
    )
    lines += ["", "## Overview", "", *overview(results)]
    lines += ["", "## Terms across all files", ""]
    lines.append(", ".join("%s (%d)" % pair for pair in terms.most_common(20)) or "None.")
    lines += ["", "## Longest files", ""]
    lines += ["%d. %s, %s words" % (place, one["path"], f"{one['words']:,}") for place, one in enumerate(longest, 1)]
    lines += ["", "## To do", "", *listed(results, "to_do")]
    lines += ["", "## Links", "", *listed(results, "links")]
    if failures:
        lines += ["", "## Files that could not be read", ""]
        lines += ["- **%s**: %s" % pair for pair in failures]
    return "\n".join(lines) + "\n"


files = sorted({path for pattern in patterns for path in list_files(pattern)})
if not files:
    raise FileNotFoundError("There are no files like " + ", ".join(patterns) + " below the input directory")
print("%d files, one child job for each" % len(files))
tasks = [delegate(analyse, path, pause, id=path) for path in files]
wait_all(tasks)
results = [task.result for task in tasks if task.error is None]
failures = [(task.id, task.error.err_message) for task in tasks if task.error is not None]
words = sum(one["words"] for one in results)
print("read %s words, %s of reading" % (f"{words:,}", minutes(words / WORDS_PER_MINUTE)))
path = write_report(report, write_up(results, failures))
print("report:", path)
exit(path)
