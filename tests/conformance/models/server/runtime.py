"""Runs an ONNX network in MLServer, by onnxruntime."""

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class OnnxRuntime(MLModel):
    async def load(self) -> bool:
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        inputs = {tensor.name: NumpyCodec.decode_input(tensor) for tensor in payload.inputs}
        names = [output.name for output in self.session.get_outputs()]
        outputs = self.session.run(names, inputs)
        encoded = [NumpyCodec.encode_output(name, values) for name, values in zip(names, outputs)]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=encoded)
