import PinionInterchange

/// Models of ONNX that no layers of Pinion represent, or that do not fit together.
extension ONNXModels {
  private typealias Node = ONNXModel.Node

  static let wrong: [ONNXModel] = operators + parameters + graphs

  private static let operators: [ONNXModel] = [
    .init([4], Node("y = NonZero(x)")), .init([4], Node("a = NonZero(x)"), Node("y = Relu(a)")),
    .init([4], Node("y = Selu(x)", ["alpha": .float(3)])), .init([4], Node("y = HardSigmoid(x)")),
    .init([4], ["a": .scalar(1)], Node("y = Clip(x, a, a)")), .init([4], Node("y = Clip(x, x)")),
    .init([3, 4], opset: 11, Node("y = Softmax(x)")), .init([4], Node("y = Erf(x)")),
    .init([4], Node("y = Softmax(x)", ["axis": .integer(0)])), .init([4], Node("y = Sqrt(x)")),
    .init([4], ["r": .scalar(1)], Node("y = Dropout(x, r, r)")),
    .init([4], Node("y = Reciprocal(x)")),
    .init([4], ["c": .scalar(3)], Node("y = Pow(x, c)")),
    .init([4], ["c": .scalar(3)], Node("y = Div(c, x)")),
    .init([4], Node("a = Relu(x)"), Node("y = Div(x, a)")), .init([4], Node("y = Add(x)")),
    .init(
      [3, 4], Node("a = ReduceMax(x)", ["axes": .integers([1])]), Node("b = Relu(a)"),
      Node("y = MatMul(b, x)")),
    .init([4], Node("y = Flatten(x)", ["axis": .integer(2)])),
    .init([1, 4], Node("y = Squeeze(x)")),
    .init([4], ["a": .list(0)], Node("y = Unsqueeze(x, a)")),
    .init([4], ["a": .list(0)], Node("y = Squeeze(x, a)")),
    .init([3, 4], Node("y = Transpose(x)", ["perm": .integers([1, 0, 2])])),
    .init([4], Node("y = Transpose(x)")),
    .init([4], ["s": .scalar(1)], Node("y = Reshape(x, s)")), .init([4], Node("y = Reshape(x, x)")),
    .init([4], ["s": .list(0, 5)], Node("y = Reshape(x, s)")),
    .init(
      [3, 4], ["k": .ones(4, 2, 3)],
      Node("y = Einsum(x, k)", ["equation": .text("abc,cde->abde")])),
    .init([4], Node("y = Slice(x)")),
    .init([4], ["a": .list(9), "b": .list(9), "c": .list(1)], Node("y = Slice(x, a, b, c)")),
    .init([4], ["a": .list(1), "b": .list(2), "c": .list(1)], Node("y = Slice(x, a, b, c)")),
    .init(
      [4], ["a": .list(1), "b": .list(2), "c": .list(1), "d": .list(2)],
      Node("y = Slice(x, a, b, c, d)")),
    .init([3, 4, 5], ["p": .list(0, 1, 1, 1, 0, 1, 1, 1)], Node("y = Pad(x, p)")),
    .init([3, 4, 5], ["p": .list(1, 1)], Node("y = Pad(x, p)")),
    .init([3, 4, 5], Node("y = Pad(x, x)")),
    .init(
      [3, 4, 5], ["p": .list(0, 0, 1, 1, 0, 0, 1, 1)],
      Node("y = Pad(x, p)", ["mode": .text("edge")])),
    .init([3, 4], ["i": .list(5)], Node("y = Gather(x, i)", ["axis": .integer(1)])),
    .init([3, 4], ["i": .list(0, 1)], Node("y = Gather(x, i)")),
    .init([4], ["t": .ones(9)], Node("y = Gather(t, x)")), .init([4], Node("y = Gather(x, x)")),
    .init(
      [3, 4], ["a": .list(0, 12)], Node("b = Reshape(x, a)"),
      Node("y = Concat(x, b)", ["axis": .integer(1)])),
    .init([3, 4], ["a": .list(0, 4, 3)], Node("b = Reshape(x, a)"), Node("y = Add(x, b)")),
    .init([3, 4], Node("y = ReduceMean(x)", ["axes": .integers([0])])),
    .init([3, 4], Node("y = ReduceMax(x)")),
    .init([3, 4, 5], Node("y = ReduceMax(x)", ["axes": .integers([2])])),
    .init([3, 4, 5], ["s": .list(1, 3, 9, 11)], Node("y = Resize(x, _, _, s)")),
    .init([3], Node("y = Resize(x)")),
    .init(
      [3, 4, 5], ["s": .list(1, 3, 8, 10)], Node("y = Resize(x, _, _, s)", ["mode": .text("cubic")])
    ),
  ]

  private static let parameters: [ONNXModel] = [
    .init([3, 5, 6], ["k": .ones(2, 3, 3)], Node("y = Conv(x, k)")),
    .init([3, 5, 6], ["k": .ones(2, 4, 3, 3)], Node("y = Conv(x, k)")),
    .init([3, 5, 6], ["k": .ones(2, 3, 9, 9)], Node("y = Conv(x, k)")),
    .init([3, 5, 6], Node("y = Conv(x, x)")),
    .init([3, 5, 6], ["k": .ones(2, 3, 3, 3), "b": .ones(3)], Node("y = Conv(x, k, b)")),
    .init([4], ["k": .ones(2, 4, 3, 3)], Node("y = Conv(x, k)")),
    .init(
      [3, 5, 6], ["k": .ones(2, 3, 3, 3)], Node("y = Conv(x, k)", ["strides": .integers([0, 1])])),
    .init(
      [3, 5, 6], ["k": .ones(2, 3, 3, 3)],
      Node("y = Conv(x, k)", ["pads": .integers([-1, 0, 0, 0])])),
    .init(
      [3, 5, 6], ["k": .ones(3, 3, 3, 3)], Node("y = ConvTranspose(x, k)", ["group": .integer(3)])),
    .init(
      [3, 5, 6], ["k": .ones(3, 3, 3, 3)],
      Node("y = ConvTranspose(x, k)", ["strides": .integers([-1, 1])])),
    .init(
      [3, 5, 6], ["k": .ones(3, 3, 3, 3)],
      Node("y = ConvTranspose(x, k)", ["pads": .integers([2, 0, 0, 0])])),
    .init(
      [3, 5, 6],
      Node("y = MaxPool(x)", ["kernel_shape": .integers([2, 2]), "dilations": .integers([2, 2])])),
    .init(
      [3, 5, 6],
      Node(
        "y = MaxPool(x)", ["kernel_shape": .integers([3, 3]), "pads": .integers([2, 2, 0, 0])])),
    .init(
      [3, 5, 6],
      Node(
        "y = AveragePool(x)",
        ["kernel_shape": .integers([3, 3]), "pads": .integers([2, 2, 0, 0])])),
    .init(
      [3, 4, 4],
      Node(
        "y = AveragePool(x)",
        [
          "kernel_shape": .integers([2, 2]), "ceil_mode": .integer(1),
          "strides": .integers([3, 3]),
        ])),
    .init([3, 5, 6], Node("y = MaxPool(x)")),
    .init([3, 5, 6], ["k": .ones(2)], Node("y = BatchNormalization(x, k, k, k, k)")),
    .init(
      [3, 5, 6], ["k": .ones(3)],
      Node("y = BatchNormalization(x, k, k, k, k)", ["training_mode": .integer(1)])),
    .init([3, 5, 6], ["k": .ones(2)], Node("y = InstanceNormalization(x, k, k)")),
    .init([3, 5, 6], Node("y = InstanceNormalization(x, x, x)")),
    .init([3, 4], ["k": .ones(7)], Node("y = LayerNormalization(x, k)")),
    .init([3, 4], ["k": .ones(7)], Node("y = PRelu(x, k)")),
    .init([4], ["k": .ones(2, 5, 6)], Node("y = MatMul(x, k)")),
    .init([4], ["k": .ones(5, 6)], Node("y = Gemm(x, k)")),
    .init([4], ["k": .ones(4, 2), "b": .ones(3)], Node("y = Gemm(x, k, b)")),
    .init([4], ["c": .ones(7)], Node("y = Add(x, c)")),
    .init([3, 4, 5], ["c": .ones(3, 4, 5)], Node("y = Mul(x, c)")),
    .init([4], ["c": .scalar(.nan)], Node("a = Relu(x)"), Node("y = Mul(a, c)")),
    .init([3, 4], ["k": .ones(4, 2)], Node("y = Einsum(x, k)", ["equation": .text("abc->abc")])),
    .init(
      [3, 4], ["k": .ones(4, 0)], Node("y = Einsum(x, k)", ["equation": .text("abc,cd->abd")])),
    .init(
      [3, 4], ["k": .ones(4, 2)], Node("y = Einsum(x, k)", ["equation": .text("abc,dc->abd")])),
    .init([3, 4], Node("y = Einsum(x, x)", ["equation": .text("abc,abd->acd")])),
    .init([4], ["c": .ones(4)], Node("y = Split(x)")),
    .init([3, 5, 6], ["k": .filled(-1, [3])], Node("y = BatchNormalization(x, k, k, k, k)")),
  ]

  /// Graphs whose parts do not fit, and tensors that are not what they say.
  private static let graphs: [ONNXModel] = {
    let relu = Node("y = Relu(x)")
    func other(_ model: ONNXModel, _ change: (inout ONNXModel) -> Void) -> ONNXModel {
      var model = model
      change(&model)
      return model
    }
    func constant(_ fill: @escaping @Sendable (inout ProtobufMessage) -> Void) -> ONNXModel {
      other(.init([4], Node("y = Mul(x, c)"))) { model in
        model.others = { graph in
          graph.message(5) { tensor in
            tensor.string(8, "c")
            fill(&tensor)
          }
        }
      }
    }
    return [
      .init([4], Node("y = Relu(z)")), .init([4], Node("z = Relu(x)")), .init([0], relu),
      .init([-1], relu),
      .init([4], opset: 3, relu), other(.init([4], relu)) { $0.inputs["z"] = [3] },
      other(.init([4], relu)) { $0.others = { $0.message(5) { $0.string(8, "x") } } },
      other(.init([4], ["c": .ones(4)], relu)) {
        $0.others = { $0.message(5) { $0.string(8, "c") } }
      },
      other(.init([4], relu)) { $0.others = { $0.message(15) { _ in } } },
      other(.init([4], relu)) { $0.others = { $0.message(1) { $0.string(7, "ai.onnx") } } },
      other(.init([4], Node("a = Relu(x)"))) { model in
        model.others = { graph in
          graph.message(1) { node in
            node.string(1, "a")
            node.string(2, "y")
            node.string(4, "FusedConv")
            node.string(7, "com.microsoft")
          }
        }
      },
      other(.init([4], Node("y = Relu(m)"))) { model in
        model.others = { graph in
          graph.message(1) { node in
            node.string(1, "x")
            node.string(2, "d")
            node.string(2, "m")
            node.string(4, "Dropout")
          }
        }
      },
      constant {
        $0.integer(2, 1); $0.integer(1, 4); $0.bytes(9, [1])
      }, constant { $0.integer(2, 8) },
      constant {
        $0.integer(2, 1); $0.integer(1, 4); $0.integer(14, 1)
      },
      constant {
        $0.integer(2, 1); $0.integer(1, -1)
      },
      constant {
        $0.integer(2, 1); $0.integer(1, 4)
      },
      constant {
        $0.integer(2, 7); $0.integer(1, 9); $0.bytes(7, [1, 2])
      },
      constant {
        $0.integer(2, 7); $0.integer(1, 2); $0.bytes(7, [1, 2, 3])
      },
      constant {
        $0.integer(2, 1); $0.integer(1, 1 << 40)
      },
      constant {
        $0.integer(2, 11); $0.bytes(10, Endian.little(0x7FE0_0000_0000_0000, 8))
      },
      constant {
        $0.integer(1, 4); $0.float(2, 1)
      }, constant { $0.float(8, 1) }, constant { $0.integer(8, 1) },
      constant { $0.string(8, String(repeating: "n", count: 5_000)) },
      constant { $0.bytes(0, [1]) },
      constant {
        $0.integer(2, 1);
        $0.bytes(1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])
      },
    ]
  }()
}
