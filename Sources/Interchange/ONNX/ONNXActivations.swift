internal import PinionLayers

/// A function that is one operator.
private protocol ONNXOperator: ONNXActivation {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { get }
}

extension ONNXOperator {
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String {
    call.add(onnx.name, [z], onnx.attributes)
  }
}

extension ReLU: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("Relu", []) }
}

extension LeakyReLU: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) {
    ("LeakyRelu", [.float("alpha", Double(negativeSlope))])
  }
}

extension ELU: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) {
    ("Elu", [.float("alpha", Double(alpha))])
  }
}

extension CELU: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) {
    ("Celu", [.float("alpha", Double(alpha))])
  }
}

extension SELU: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("Selu", []) }
}

extension Sigmoid: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("Sigmoid", []) }
}

extension Tanh: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("Tanh", []) }
}

extension Softsign: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("Softsign", []) }
}

extension Softplus: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("Softplus", []) }
}

extension Exponential: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("Exp", []) }
}

extension HardSigmoid: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) {
    ("HardSigmoid", [.float("alpha", 1 / 6), .float("beta", 0.5)])
  }
}

extension HardSwish: ONNXOperator {
  var onnx: (name: String, attributes: [ONNXGraph.Attribute]) { ("HardSwish", []) }
}

extension Linear: ONNXActivation {
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String { z }
}

extension Softmax: ONNXActivation {
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String {
    call.add("Softmax", [z], [.integer("axis", axis)])
  }
}

extension LogSoftmax: ONNXActivation {
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String {
    call.add("LogSoftmax", [z], [.integer("axis", axis)])
  }
}

extension ReLU6: ONNXActivation {
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String {
    call.add("Clip", [z, call.scalar(0), call.scalar(6)])
  }
}

extension SiLU: ONNXActivation {
  /// z · σ(z).
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String {
    call.add("Mul", [z, call.add("Sigmoid", [z])])
  }
}

extension Mish: ONNXActivation {
  /// z · tanh(log(1 + exp(z))).
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String {
    call.add("Mul", [z, call.add("Tanh", [call.add("Softplus", [z])])])
  }
}

extension GELU: ONNXActivation {
  /// z · (1 + erf(z/√2))/2, or z · (1 + tanh(√(2/π) · (z + 0.044715 · z³)))/2.
  func export(_ z: String, axis: Int, _ call: ONNXCall) -> String {
    let inner: String
    if approximate {
      let cube = call.add("Mul", [z, call.add("Mul", [z, z])])
      let sum = call.add("Add", [z, call.add("Mul", [cube, call.scalar(0.044715)])])
      inner = call.add("Tanh", [call.add("Mul", [sum, call.scalar(0.797_884_56)])])
    } else {
      inner = call.add("Erf", [call.add("Mul", [z, call.scalar(0.707_106_78)])])
    }
    let half = call.add("Mul", [z, call.scalar(0.5)])
    return call.add("Mul", [half, call.add("Add", [inner, call.scalar(1)])])
  }
}
