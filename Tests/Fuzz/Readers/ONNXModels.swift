/// Small models of ONNX of the operators and forms that exporters write.
enum ONNXModels {
  private typealias Node = ONNXModel.Node

  static let valid: [ONNXModel] = functions + shapes + formulas + constants

  private static let functions: [ONNXModel] = [
    .init([4], Node("a = Relu(x)"), Node("y = Relu(a)")),
    .init([4], Node("a = Identity(x)"), Node("b = Dropout(a)"), Node("y = Cast(b)")),
    .init([4], Node("y = Selu(x)", ["alpha": .float(1.67326), "gamma": .float(1.0507)])),
    .init([4], Node("y = HardSigmoid(x)", ["alpha": .float(1 / 6)])),
    .init([4], ["a": .scalar(0), "b": .scalar(.infinity)], Node("y = Clip(x, a, b)")),
    .init([4], ["a": .scalar(0)], Node("y = Clip(x, a)")),
    .init([3, 5, 6], Node("a = Relu(x)"), Node("b = MaxPool(a)", window), softmaxOfChannels),
    .init([3, 4], opset: 11, Node("y = Softmax(x)", ["axis": .integer(2)])),
    .init([3, 4], ["s": .ones(4)], Node("y = PRelu(x, s)")),
    .init([4], ["r": .scalar(0)], Node("y = Dropout(x, r, r)")),
    .init([4], Node("a = Sigmoid(x)"), Node("y = Mul(x, a)")),
    .init([3, 4], Node("a = Tanh(x)"), Node("y = Sub(x, a)")),
    .init([4], Node("y = Max(x)")), .init([4], Node("a = Tanh(x)"), Node("y = Max(x, a)")),
    .init(
      [3, 4], Node("a = ReduceMax(x)", ["axes": .integers([1]), "keepdims": .integer(0)]),
      Node("y = Add(x, a)")),
  ]

  private static let window: [String: ONNXModel.Attribute] = ["kernel_shape": .integers([2, 2])]
  private static let softmaxOfChannels = Node("y = Softmax(b)", ["axis": .integer(2)])

  private static let shapes: [ONNXModel] = [
    .init([1, 4], ["a": .list(1)], Node("y = Squeeze(x, a)")),
    .init([4], ["a": .list(1)], Node("b = Unsqueeze(x, a)"), Node("y = Squeeze(b, a)")),
    .init([3, 5, 6], pads([0, 0, 1, 1, 0, 0, 1, 1]), Node("a = Pad(x, p)"), convolution),
    .init([3, 5, 6], pads([0, 0, 1, 1, 0, 0, 1, 1]), Node("a = Pad(x, p)"), Node("y = Relu(a)")),
    .init([3, 5, 6], pads([0, 0, 0, 0, 0, 0, 0, 0]), Node("a = Pad(x, p)"), convolution),
    .init([3, 5, 6], pads([0, 0, 1, 1, 0, 0, 1, 1]), Node("a = Pad(x, p)"), average("a")),
    .init([3, 5, 6], average("x", ["count_include_pad": .integer(1)])),
    .init(
      [3, 5, 6], average("x", ["count_include_pad": .integer(1), "strides": .integers([2, 2])])),
    .init(
      [3, 5, 6], average("x", ["auto_pad": .text("SAME_LOWER"), "count_include_pad": .integer(1)])),
    .init([3, 4, 4], Node("a = Relu(x)"), maximum("a", ["pads": .integers([2, 2, 0, 0])])),
    .init(
      [3, 4, 4], Node("a = Relu(x)"),
      maximum("a", ["ceil_mode": .integer(1), "strides": .integers([3, 3])])),
    .init([3, 4, 5], Node("a = MaxPool(x)", window), Node("b = Flatten(a)"), Node("y = Relu(b)")),
    .init(
      [3, 4, 5], ["s": .list(1, 3, 8, 10)],
      Node("y = Resize(x, _, _, s)", ["mode": .text("nearest")])),
    .init([3, 4, 5], ["s": .list(0, 12, -1)], Node("y = Reshape(x, s)")),
    .init(
      [3, 4, 5], ["a": .list(1, 1), "b": .list(3, 4), "c": .list(2, 3)],
      Node("y = Slice(x, a, b, c)")),
    .init(
      [3, 4, 5], ["a": .list(0), "b": .list(9), "c": .list(2)], Node("y = Slice(x, a, b, c)")),
    .init([4], ["s": .list(4, -1)], Node("y = Reshape(x, s)")),
    .init([3, 4], ["i": .list(-1)], Node("y = Gather(x, i)", ["axis": .integer(1)])),
    .init([5], ["t": .ones(9, 3)], Node("y = Gather(t, x)")),
    .init([2, 3], ["t": .ones(1, 1, 3)], Node("y = Concat(t, x)", ["axis": .integer(1)])),
    .init(
      [4], Node("a = Relu(x)"), Node("b = Tanh(x)"), Node("y = Concat(a, b)", ["axis": .integer(1)])
    ),
  ]

  private static let convolution = Node("y = Conv(a, k)")

  private static func pads(_ values: [Int]) -> [String: ONNXModel.Constant] {
    ["p": .init(sizes: [8], integers: values), "k": .ones(2, 3, 3, 3)]
  }

  private static func average(
    _ input: String,
    _ attributes: [String: ONNXModel.Attribute] = ["pads": .integers([0, 0, 0, 0])]
  ) -> Node {
    let standard: [String: ONNXModel.Attribute] = [
      "kernel_shape": .integers([3, 3]), "pads": .integers([1, 1, 1, 1]),
    ]
    return Node("y = AveragePool(\(input))", standard.merging(attributes) { $1 })
  }

  private static func maximum(
    _ input: String, _ attributes: [String: ONNXModel.Attribute]
  ) -> Node { Node("y = MaxPool(\(input))", window.merging(attributes) { $1 }) }

  /// What other exporters write as several nodes.
  private static let formulas: [ONNXModel] = [
    normalization(Node("f = Div(one, e)")), normalization(Node("f = Reciprocal(e)")),
    .init([4], ["c": .ones(4)], Node("y = Sub(c, x)")),
    .init([3, 4], ["c": .scalar(2)], Node("a = Mul(x, c)"), Node("y = Add(a, c)")),
    .init([3, 4], ["c": .ones(3, 4)], Node("y = Sub(x, c)")),
    .init(
      [3, 4], ["k": .ones(4, 2), "c": .ones(2)], Node("a = MatMul(x, k)"), Node("y = Add(a, c)")),
    .init(
      [4], ["k": .ones(2, 4), "c": .ones(2)],
      Node("y = Gemm(x, k, c)", ["transB": .integer(1), "alpha": .float(2)])),
    .init([3, 3], Node("a = Relu(x)"), Node("y = MatMul(x, a)")),
    .init(
      [3, 4], ["k": .ones(4, 2)], Node("y = Einsum(x, k)", ["equation": .text("abc,cd->abd")])),
    .init([3, 4, 5], ["k": .ones(3), "b": .ones(3)], Node("y = InstanceNormalization(x, k, b)")),
    .init([3, 4, 5], ["k": .ones(3)], Node("y = BatchNormalization(x, k, k, k, k)")),
  ]

  /// x/√(mean((x − mean(x))²) + ε).
  private static func normalization(_ inverse: Node) -> ONNXModel {
    let mean: [String: ONNXModel.Attribute] = ["axes": .integers([-1])]
    return .init(
      [3, 4], ["one": .scalar(1), "two": .scalar(2), "epsilon": .scalar(1e-3)],
      Node("a = ReduceMean(x)", mean), Node("b = Sub(x, a)"), Node("c = Pow(b, two)"),
      Node("d = ReduceMean(c)", mean), Node("g = Add(d, epsilon)"), Node("e = Sqrt(g)"), inverse,
      Node("y = Mul(b, f)"))
  }

  /// Shapes and numbers that nodes compute from constants.
  private static let constants: [ONNXModel] = [
    .init([4], Node("c = Constant", ["value_float": .float(2)]), Node("y = Mul(x, c)")),
    .init(
      [2, 2], Node("c = Constant", ["value_ints": .integers([0, 4])]), Node("y = Reshape(x, c)")),
    .init([4], Node("c = Constant", ["value": .tensor(.filled(3, [4]))]), Node("y = Mul(x, c)")),
    .init(
      [4], ["a": .scalar(2.5)], Node("b = Cast(a)", ["to": .integer(7)]),
      Node("c = Cast(b)", ["to": .integer(1)]), Node("y = Mul(x, c)")),
    .init(
      [4], ["a": .list(4)], Node("c = ConstantOfShape(a)", ["value": .tensor(.filled(3, [1]))]),
      Node("y = Mul(x, c)")),
    .init([2, 2], ["a": .list(4)], batch, along("c = Concat(b, a)"), Node("y = Reshape(x, c)")),
    .init(
      [2, 2], ["i": .list(1), "j": .list(2), "z": .list(0)], Node("s = Shape(x)"),
      Node("p = Gather(s, i)"), Node("q = Gather(s, j)"), Node("r = Mul(p, q)"),
      Node("t = Gather(s, z)"), along("c = Concat(t, r)"), Node("y = Reshape(x, c)")),
    .init(
      [2, 2], ["two": .list(2), "one": .list(1), "n": .list(-1)], batch, Node("d = Mul(two, b)"),
      Node("e = Div(d, two)"), Node("f = Mul(one, e)"), along("c = Concat(f, n)"),
      Node("y = Reshape(x, c)")),
  ]

  /// The size of the batch.
  private static let batch = Node("b = Shape(x)", ["start": .integer(0), "end": .integer(1)])

  private static func along(_ concatenation: String) -> Node {
    Node(concatenation, ["axis": .integer(0)])
  }
}
