"""Compares ONNX files that InterchangeTests wrote with the outputs of Pinion, by ONNX Runtime, and
by OpenVINO if it is installed.

    mkdir FOLDER; PINION_ONNX_FOLDER=FOLDER swift test --filter ONNXTests
    venv/bin/python check_onnx.py FOLDER

Each file passes onnx.checker with full checks, its inferred shapes are the declared ones, and its
outputs at batches of 1, 7 and 100 differ by at most 1e-5, norm over norm.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

try:
    import openvino
except ImportError:
    openvino = None

LIMIT = 1e-5


def openvino_session(path):
    """A function of the inputs. In single precision, which is not the default of every CPU."""
    compiled = openvino.Core().compile_model(
        str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    return lambda inputs: [compiled(inputs)[output] for output in compiled.outputs]


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    assert [o.type for o in inferred.graph.output] == [o.type for o in model.graph.output]
    run = np.load(path.with_suffix(".npz"))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    inputs = [run[f"input_{i}"] for i in range(len(names))]
    outputs = [run[f"output_{i}"].astype(np.float64) for i in range(len(session.get_outputs()))]
    runtimes = [lambda inputs: session.run(None, dict(zip(names, inputs)))]
    if openvino:
        runtimes.append(openvino_session(path))
    worst = 0.0
    for run in runtimes:
        for batch in (1, 7, 100):
            places = np.arange(batch) % len(inputs[0])
            for found, truth in zip(run([x[places] for x in inputs]), outputs, strict=True):
                truth = truth[places]
                assert found.shape == truth.shape, (path, found.shape)
                difference = np.linalg.norm(found - truth)
                # Unlike `max`, keeps NaN.
                ratio = difference / max(np.linalg.norm(truth), 1e-6)
                worst = float(np.maximum(worst, ratio))
    return worst


if __name__ == "__main__":
    failures = 0
    paths = sorted(Path(sys.argv[1]).glob("*.onnx"))
    paths = [path for path in paths if path.with_suffix(".npz").exists()]
    results = []
    for path in paths:
        try:
            results.append((check(path), path.stem))
        except Exception as error:  # Every file is reported.
            results.append((np.inf, f"{path.stem}: {str(error)[:300]}"))
    for worst, name in sorted(results, reverse=True)[:20]:
        print(f"{worst:.1e} {name}")
    failures = sum(not worst <= LIMIT for worst, _ in results)
    print(f"{len(results)} files, {failures} beyond {LIMIT:g}")
    sys.exit(failures > 0 or not results)
