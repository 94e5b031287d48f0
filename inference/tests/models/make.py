"""Makes the small networks of these tests, and what onnxruntime says of them.

    python3 -m venv venv && venv/bin/pip install onnx==1.23.2 onnxruntime==1.32.0
    venv/bin/python make.py

Every network is made by formula, so that its answers can be told beforehand:

- `dense`: a 3 x 3 x 3 box filter; `heat` rises where the mean is above 0.75 (1250 HU of the window -1000 to 2000 HU), `tissues` has one
  channel each for air, soft tissue and what is denser.
- `slices`: a 3 x 3 box filter of one slice, and a map of whole numbers: 1 where the mean is above 0.5.
- `whole`: the mean and the greatest value of a fixed volume, as two logits.
"""

import json
import pathlib

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper

HERE = pathlib.Path(__file__).parent
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def constant(name, values):
    values = numpy.asarray(values)
    kind = INT64 if values.dtype == numpy.int64 else FLOAT
    return helper.make_tensor(name, kind, values.shape, values.ravel().tolist())


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output], **attributes)


def network(name, nodes, shape, outputs, constants):
    image = helper.make_tensor_value_info("image", FLOAT, shape)
    found = [helper.make_tensor_value_info(output, kind, dims) for output, kind, dims in outputs]
    graph = helper.make_graph(nodes, name, [image], found, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, HERE / name / "model.onnx")


def dense():
    box = numpy.full((1, 1, 3, 3, 3), 1 / 27, "f4")
    nodes = [
        node("Conv", ["image", "box"], "mean", pads=[1] * 6),
        node("Conv", ["mean", "rise", "offset"], "heat"),
        node("Conv", ["mean", "slopes", "offsets"], "tissues"),
    ]
    constants = [
        constant("box", box),
        constant("rise", numpy.full((1, 1, 1, 1, 1), 60, "f4")),
        constant("offset", numpy.array([-45], "f4")),
        # Lines that cross at 0.17 (-490 HU) and 0.4 (200 HU).
        constant("slopes", numpy.array([0, 10, 20], "f4").reshape(3, 1, 1, 1, 1)),
        constant("offsets", numpy.array([0, -1.7, -5.7], "f4")),
    ]
    size = ["n", 1, "d", "h", "w"]
    outputs = [("heat", FLOAT, size), ("tissues", FLOAT, ["n", 3, "d", "h", "w"])]
    network("dense", nodes, size, outputs, constants)


def slices():
    nodes = [
        node("Conv", ["image", "box"], "mean", pads=[1] * 4),
        node("Greater", ["mean", "half"], "above"),
        node("Cast", ["above"], "whole", to=INT64),
        node("Squeeze", ["whole", "axis"], "map"),
    ]
    constants = [
        constant("box", numpy.full((1, 1, 3, 3), 1 / 9, "f4")),
        constant("half", numpy.array([0.5], "f4")),
        constant("axis", numpy.array([1], "i8")),
    ]
    network("slices", nodes, ["n", 1, "h", "w"], [("map", INT64, ["n", "h", "w"])], constants)


def whole():
    nodes = [
        node("ReduceMean", ["image"], "mean", axes=[2, 3, 4], keepdims=0),
        node("ReduceMax", ["image"], "greatest", axes=[2, 3, 4], keepdims=0),
        node("Concat", ["mean", "greatest"], "both", axis=1),
        node("Gemm", ["both", "weights", "bias"], "logits"),
    ]
    constants = [
        constant("weights", numpy.array([[10, 0], [0, 20]], "f4")),
        constant("bias", numpy.array([-5, -14], "f4")),
    ]
    network("whole", nodes, [1, 1, 8, 8, 8], [("logits", FLOAT, [1, 2])], constants)


def expectations():
    """Of a tensor by formula: (37 i mod 101) / 100."""
    expected = {}
    for name, shape in [("dense", (1, 1, 4, 5, 6)), ("slices", (1, 1, 7, 6)), ("whole", (1, 1, 8, 8, 8))]:
        image = (numpy.arange(numpy.prod(shape)) * 37 % 101 / 100).astype("f4").reshape(shape)
        session = onnxruntime.InferenceSession(HERE / name / "model.onnx", providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        answers = dict(zip(names, session.run(names, {"image": image})))
        outputs = {
            output: {"shape": list(values.shape), "data": [round(float(value), 6) for value in values.ravel()]}
            for output, values in answers.items()
        }
        expected[name] = {"shape": list(shape), "outputs": outputs}
    (HERE / "expected.json").write_text(json.dumps(expected) + "\n")


dense()
slices()
whole()
expectations()
