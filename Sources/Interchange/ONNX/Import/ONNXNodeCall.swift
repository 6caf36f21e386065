internal import PinionLayers
internal import PinionTensor

/// An ONNX node with its operands, while it is converted to a value.
struct ONNXNodeCall {
  typealias Unsupported = ONNXImporter.Unsupported

  let importer: ONNXImporter
  let node: ONNXFile.Node
  private let operands: [ONNXImporter.Operand?]
  /// Whether several nodes read the result.
  let isShared: Bool

  init(
    _ importer: ONNXImporter, _ node: ONNXFile.Node, _ operands: [ONNXImporter.Operand?],
    isShared: Bool
  ) {
    (self.importer, self.node, self.operands) = (importer, node, operands)
    self.isShared = isShared
  }

  var operandCount: Int { operands.count }

  func hasOperand(_ index: Int) -> Bool { index < operands.count && operands[index] != nil }

  /// The value that an operand is; nil for constants.
  func value(_ index: Int) -> ONNXValue? {
    if index < operands.count, case .value(let value)? = operands[index] { value } else { nil }
  }

  /// The constant that an operand is; nil for values and missing ones.
  func constant(_ index: Int) -> ONNXConstant? {
    guard index < operands.count, case .constant(let constant)? = operands[index] else {
      return nil
    }
    return constant
  }

  /// The elements of a small constant as floats; nil for other operands.
  func reals(_ index: Int) throws -> [Float]? { try constant(index)?.reals(importer.budget) }

  func input(_ index: Int = 0) throws -> ONNXValue {
    guard let value = value(index) else {
      throw Unsupported(reason: "a constant as input \(index)")
    }
    return value
  }

  /// A constant that is required.
  func requiredConstant(_ index: Int, _ what: String) throws -> ONNXConstant {
    guard let constant = constant(index) else {
      throw Unsupported(reason: "\(what) that depends on the input")
    }
    return constant
  }

  /// An attribute of early operators that is an input of later ones; nil if it is missing.
  func integers(_ name: String, _ index: Int) throws -> [Int]? {
    if let values = node.integers(name) { return values }
    guard hasOperand(index) else { return nil }
    guard let values = constant(index)?.integers else {
      throw Unsupported(reason: "\(name) that depend on the input")
    }
    return values
  }

  func scalar(_ name: String, _ index: Int) throws -> Float? {
    if let value = node.float(name) { return value }
    guard hasOperand(index) else { return nil }
    guard let values = try reals(index), values.count == 1 else {
      throw Unsupported(reason: "\(name) that depends on the input")
    }
    return values[0]
  }

  /// An axis of ONNX as one without the batch, from 0. Throws for the batch.
  func sampleAxis(_ axis: Int, _ rank: Int) throws -> Int {
    let place = axis < 0 ? axis &+ rank &+ 1 : axis
    guard (1..<rank + 1).contains(place) else { throw Unsupported(reason: "the axis \(axis)") }
    return place - 1
  }

  /// The name of a layer, from that of the node in files of Pinion.
  func name(or base: String) -> String {
    guard importer.file.producer == "Pinion", let end = node.name.lastIndex(of: "/"),
      end > node.name.startIndex
    else { return importer.unique(base) }
    return importer.unique(String(node.name[..<end]))
  }

  // MARK: Results

  func result(_ sizes: [Int], order: [Int]? = nil, _ source: ONNXValue.Source) -> ONNXValue {
    ONNXValue(sizes, order: order, source, isShared: isShared)
  }

  /// A layer on values whose axes are in their places.
  func layer(
    _ layer: some Layer, _ inputs: [ONNXValue], sizes: [Int], order: [Int]? = nil
  ) throws -> ONNXValue {
    let tensors = try inputs.map { try importer.tensor($0) }
    return result(sizes, order: order, .tensor(layer.output(for: tensors)))
  }

  /// A value with other axes but the same layers.
  func view(_ x: ONNXValue, sizes: [Int]? = nil, order: [Int]? = nil) throws -> ONNXValue {
    if x.isShared {
      switch x.source {
      case .term, .tensor: break
      default: _ = try importer.tensor(x)
      }
    }
    let isEqual = sizes == nil && order == nil
    let view = ONNXValue(
      sizes ?? x.sizes, order: order ?? x.order, x.source, isShared: isShared,
      equal: isEqual ? x : nil)
    view.isNonNegative = x.isNonNegative
    view.isInput = x.isInput
    view.isInteger = x.isInteger
    if isEqual { view.function = x.function }
    return view
  }

  /// A function of each element, in the layer before it if that has none.
  func activated(
    _ function: some ActivationFunction, isNonNegative: Bool = false
  ) throws -> ONNXValue {
    let x = try input()
    let y: ONNXValue
    if case .weighted(var weighted) = x.source, !x.isShared, weighted.activation == nil {
      weighted.activation = function
      y = result(x.sizes, order: x.order, .weighted(weighted))
    } else {
      y = try layer(
        Activation(function, name: name(or: "activation")), [x], sizes: x.sizes, order: x.order)
    }
    y.isNonNegative = isNonNegative
    y.function = (function, x.original)
    return y
  }

  /// The operands that the node's outputs become.
  func results() throws -> [ONNXImporter.Operand] {
    let results = try converted()
    for case .value(let value) in results where !ONNXValue.allows(value.sizes) {
      throw Unsupported(reason: "a result of the shape \(value.sizes)")
    }
    return results
  }

  private func converted() throws -> [ONNXImporter.Operand] {
    if let results = try rearranged() { return results }
    if node.operation == "Shape" {
      let sizes = [ONNXConstant.batch] + (try input()).sizes
      return [.constant(ONNXConstant.shape(sizes, node))]
    }
    return [.value(try computed() ?? activation() ?? unknown())]
  }

  /// Throws for a type that changes numbers: to integers, unless they are integers already or
  /// indices alone.
  func checkCast() throws {
    let code = node.integer("to") ?? 1
    let type = ONNXTensor.types[code]
    if let type, type.isReal || !importer.isRead(node) { return }
    guard type != nil, type != .bool, value(0)?.isInteger == true else {
      throw Unsupported(
        reason: "to \(type.map { "\($0)" } ?? "the type \(code)"), which changes numbers")
    }
  }

  private func unknown() throws -> ONNXValue {
    throw Unsupported(reason: "no layer for this operator")
  }

  /// Layers and formulas; nil for others.
  private func computed() throws -> ONNXValue? {
    switch node.operation {
    case "Identity": return try view(input())
    case "Cast":
      try checkCast()
      return try view(input())
    case "Dropout":
      guard try reals(2)?.first ?? 0 == 0 else {
        throw Unsupported(reason: "training")
      }
      return try view(input())
    case "Erf": return try erf()
    case "Add", "Sub", "Mul", "Div": return try arithmetic()
    case "Pow", "Sqrt", "Reciprocal": return try power()
    case "Max", "Min", "Sum", "Mean": return try merged()
    case "Conv": return try convolution()
    case "ConvTranspose": return try transposedConvolution()
    case "Gemm", "MatMul": return try product()
    case "MaxPool", "AveragePool": return try pooling()
    case "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax": return try reduction()
    case "BatchNormalization": return try batchNormalization()
    case "LayerNormalization": return try layerNormalization()
    case "InstanceNormalization", "GroupNormalization": return try groupNormalization()
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze": return try reshape()
    case "Transpose": return try transpose()
    case "Concat": return try concatenation()
    case "Pad": return try padding()
    case "Slice": return try slice()
    case "Resize", "Upsample": return try resizing()
    case "Gather": return try hasOperand(1) && value(1) == nil ? step() : embedding()
    default: return nil
    }
  }
}
