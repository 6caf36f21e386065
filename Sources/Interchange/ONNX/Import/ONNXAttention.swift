internal import PinionLayers
internal import PinionTensor

/// A multi-head attention, softmax(s·q·kᵀ)·v, while its formula is recognized.
struct ONNXAttention {
  /// Columns of a dense layer's kernel as (heads, width).
  struct Projection {
    let layer: ONNXWeightedLayer
    let heads: Int
    let width: Int
    private let offset: Int
    private let strides: (head: Int, width: Int)

    /// - Parameters:
    ///   - head: The part of the channels that indexes the heads; nil for a single head.
    ///   - width: The part that indexes the channels of a head.
    ///
    /// Nil if the view is not of a dense layer.
    init?(_ view: ONNXView, head: ONNXView.Part?, width: [ONNXView.Part]) {
      guard case .weighted(let layer) = view.base.source, case .dense = layer.kind,
        layer.activation == nil, width.count <= 1, width.allSatisfy({ $0.axis == .channels })
      else { return nil }
      self.layer = layer
      (heads, self.width) = (head?.size ?? 1, width.first?.size ?? 1)
      (offset, strides) = (view.offset, (head?.stride ?? 0, width.first?.stride ?? 0))
    }

    private var columns: [Int] {
      (0..<heads).flatMap { head in
        (0..<width).map { offset + head * strides.head + $0 * strides.width }
      }
    }

    /// (inputs, heads, width)
    func kernel(scale: Double) throws -> Tensor {
      let kernel = try layer.kernel()
      let (rows, width, columns) = (kernel.shape[0], kernel.shape[1], columns)
      let elements = kernel.elements
      return Tensor(
        shape: [rows, heads, self.width],
        elements: (0..<rows).flatMap { row in
          columns.map { Float(Double(elements[row * width + $0]) * scale) }
        })
    }

    /// (heads, width); zeros without a bias.
    func bias(scale: Double) -> Tensor {
      Tensor(
        shape: [heads, width],
        elements: columns.map { Float(Double(layer.bias?[$0] ?? 0) * scale) })
    }
  }

  let query: Projection
  let key: Projection
  /// The number of keys.
  let keys: Int
  var value: Projection?
  /// s.
  var scale: Double
  var isCausal = false
  /// Whether the softmax is taken.
  var isNormalized = false

  /// The axis of the keys in scores.
  var keyAxis: [ONNXView.Part] { ONNXView.joined([.init(axis: .keys, size: keys)]) }
}

/// An attention with the projection of its heads, whose bias may follow.
struct ONNXProjectedAttention {
  let attention: ONNXAttention
  /// (heads · width, outputs)
  let kernel: () throws -> Tensor
  let width: Int
  var bias: [Float]?
}

extension ONNXImporter {
  /// The output of the layer.
  func attended(_ projected: ONNXProjectedAttention) throws -> SymbolicTensor {
    let attention = projected.attention
    guard let value = attention.value else { throw Unsupported(reason: "reads no attention") }
    let (query, key) = (attention.query, attention.key)
    let usesBias =
      [query, key, value].contains { $0.layer.bias != nil } || projected.bias != nil
    let name = unique("multi_head_attention")
    let layer = MultiHeadAttention(
      query.heads, keyDim: query.width, valueDim: value.width, outputDim: projected.width,
      usesBias: usesBias, usesCausalMask: attention.isCausal, name: name)
    // The layer divides scores by √K.
    let ratio = attention.scale * Double(query.width).squareRoot()
    let scale = abs(ratio - 1) < 1e-5 ? 1 : ratio
    for (part, projection, scale) in [
      ("query", query, scale), ("key", key, 1), ("value", value, 1),
    ] {
      setParameter(name, "\(part)/kernel") { try projection.kernel(scale: scale) }
      if usesBias { setParameter(name, "\(part)/bias") { projection.bias(scale: scale) } }
    }
    let shape: Shape = [value.heads, value.width, projected.width]
    setParameter(name, "attention_output/kernel") {
      try projected.kernel().reshaped(to: shape)
    }
    if usesBias {
      let bias = projected.bias ?? [Float](repeating: 0, count: projected.width)
      setParameter(name, "attention_output/bias", bias)
    }
    let layers = [query, value, key].map(\.layer)
    let isSelf = layers.allSatisfy { $0.origin != nil && $0.origin === layers[0].origin }
    return layer.output(for: (isSelf ? [layers[0]] : layers).map(\.input))
  }
}
