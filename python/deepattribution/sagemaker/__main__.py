"""python -m deepattribution.sagemaker run CONFIG"""
import sys

from ..library import Error
from .launch import main

try:
    main(sys.argv[1:])
except (Error, OSError) as fault:
    print(f"error: {fault}", file=sys.stderr)
    sys.exit(getattr(fault, "code", 2))
