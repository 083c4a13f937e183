"""Every line and branch of app/ was run by some process of the tests: what they left in the folder
that is named, added up. Says where not."""

import json
import sys
from pathlib import Path

from slipcover import Slipcover, merge_coverage, print_coverage

# a protocol's functions have no body, and nothing runs what is left out of a process's own start
NOT_CODE = [r"^\s*\.\.\.\s*$", r"if __name__ == .__main__.:"]

found = Slipcover(branch=True, source=["app"], exclude_also=NOT_CODE).get_coverage()
left = list(Path(sys.argv[1]).glob("*.json"))
for process in left:
    said = json.loads(process.read_text())
    for file in said["files"].values():  # what is missing is said by `found` alone
        file["missing_lines"] = file["missing_branches"] = []
    merge_coverage(found, said)
summary = found["summary"]
whole = summary["missing_lines"] == summary["missing_branches"] == 0
if not whole:
    print_coverage(found, skip_covered=True, missing_width=200)
print(
    f"coverage {summary['percent_covered']:.2f} % of lines and branches, in {len(left)} processes"
)
sys.exit(not whole)
