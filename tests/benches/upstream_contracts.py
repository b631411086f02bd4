"""Print what holobench itself says of saved results that another process wrote, as one JSON object by file name.

python upstream_contracts.py FILE.pkl …
"""

import json
import sys
from pathlib import Path

import bencher as bn
from bencher.report_export import result_to_dict

contracts = {Path(file).stem: result_to_dict(bn.load_result(file)) for file in sys.argv[1:]}
print(json.dumps(contracts, default=str))
