"""The arrays of an npz file as NumPy reads them.

Argument: the file. Prints {name: {"dtype", "shape", "hex"}} with the bytes of each array in C order. Exits with 3
where there is no NumPy.
"""

import json
import sys

try:
    import numpy
except ImportError:
    sys.exit(3)

with numpy.load(sys.argv[1], allow_pickle=False) as archive:
    arrays = {
        name: {"dtype": archive[name].dtype.str, "shape": archive[name].shape, "hex": archive[name].tobytes("C").hex()}
        for name in archive.files
    }
json.dump(arrays, sys.stdout)
