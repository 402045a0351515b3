"""Runs model.onnx in onnxruntime and reads model.safetensors with safetensors, in the folder that onnx_test.c wrote.

    DA_ORACLE_PYTHON=<python with onnx, onnxruntime and safetensors> ctest -R model.onnx

or, without it, in the Python of scripts/bootstrap --distributed (scripts/onnx.lock).

cases.json: one object a batch with rows, length, days_to_last (with time decay), user_rows (with inputs of the user), attention,
probability as the engine computed them.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors import safe_open

TOLERANCE = 1e-5


def main():
    folder = pathlib.Path(sys.argv[1])
    onnx.checker.check_model(onnx.load(folder / "model.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    with safe_open(folder / "model.safetensors", framework="np") as file:
        metadata = file.metadata()
        shapes = {name: file.get_tensor(name).shape for name in file.keys()}
    assert metadata == session.get_modelmeta().custom_metadata_map, "the two files say different things"
    inputs = json.loads(metadata["inputs"])
    of_users = [one["rows"] for one in inputs if one["name"].startswith("user_")]
    assert shapes["embedding"][0] == sum(one["rows"] for one in inputs) - sum(of_users)
    assert sum(of_users) == (shapes["user.kernel"][0] if of_users else 0)
    assert inputs[0]["rows"] == len(json.loads(metadata["campaigns"])) + 1
    for case in json.loads((folder / "cases.json").read_text()):
        rows = np.array(case["rows"], dtype=np.int64)
        feeds = {"rows": rows, "length": np.array(case["length"], dtype=np.int32)}
        if "days_to_last" in case:
            feeds["days_to_last"] = np.array(case["days_to_last"], dtype=np.float32)
        if "user_rows" in case:
            feeds["user_rows"] = np.array(case["user_rows"], dtype=np.int64)
        attention, probability = session.run(None, feeds)
        np.testing.assert_allclose(attention, np.array(case["attention"]), atol=TOLERANCE, rtol=0)
        np.testing.assert_allclose(probability, np.array(case["probability"]), atol=TOLERANCE, rtol=0)


main()
