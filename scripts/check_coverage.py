"""Every line and branch of app/ was run by some process of the tests: what they left in the folder
that is named, added up. Says where not."""

import json
import sys
from pathlib import Path

from slipcover import merge_coverage, print_coverage

# the small ones first: each merging looks at all that was found so far
kept = sorted(Path(sys.argv[1]).glob("*.json"), key=lambda each: each.stat().st_size)
found, *left = [json.loads(each.read_text()) for each in kept]
for process in left:
    merge_coverage(found, process)
summary = found["summary"]
whole = summary["missing_lines"] == summary["missing_branches"] == 0
if not whole:
    print_coverage(found, skip_covered=True, missing_width=200)
unread = {str(each) for each in Path("app").rglob("*.py")} - set(found["files"])
for each in sorted(unread):
    print(f"nobody has imported {each}")
print(
    f"coverage {summary['percent_covered']:.2f} % of lines and branches, in {len(left) + 1} processes"
)
sys.exit(not whole or bool(unread))
