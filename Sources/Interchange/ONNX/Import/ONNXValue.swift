internal import PinionLayers
internal import PinionTensor

/// A value of an ONNX graph that depends on its inputs.
///
/// The layers that compute it are chosen when another layer needs it: a bias after a convolution, a
/// transposition and the parts of a normalization's formula are not layers of their own.
final class ONNXValue {
  enum Source {
    /// The output of a layer, or an input.
    case tensor(SymbolicTensor)
    /// A layer that may still be given a bias and an activation.
    case weighted(ONNXWeightedLayer)
    /// A normalization that may still be given γ and β, of the sizes of its axes, which are
    /// Pinion's without the batch, ascending.
    case normalized(
      ONNXValue, ONNXNormalization, axes: [Int], scale: Tensor?, offset: Tensor?)
    /// y = a·x + b.
    case affine(ONNXValue, ONNXAffine)
    /// An image's elements as a vector, in Pinion's order and not in that of ONNX.
    case flattened(ONNXValue)
    /// The mean or the largest element of each channel.
    case pooled(ONNXValue, isMaximum: Bool)
    /// An image padded with one number.
    case padded(ONNXValue, Edges2D, Float)
    /// An attention that may still be given a bias.
    case attention(ONNXProjectedAttention)
    /// A part of the formula of a normalization, an attention or an activation.
    case term(ONNXTerm)
  }

  /// The sizes in ONNX, without the batch.
  let sizes: [Int]
  /// Axis i in Pinion is axis `order[i]` in ONNX, both without the batch.
  let order: [Int]
  var source: Source
  /// Whether several nodes or none read the value. If exactly one reads it, that node may change
  /// its layer.
  let isShared: Bool
  /// Whether no element can be negative.
  var isNonNegative = false
  /// The function and its argument, if the value is a function of another one.
  var function: (function: any ActivationFunction, argument: ONNXValue)?
  /// Whether the value is an input of the network.
  var isInput = false
  /// Whether the file has the elements as integers.
  var isInteger = false

  /// The value that this one equals in all respects, or itself.
  var original: ONNXValue { equal ?? self }
  private let equal: ONNXValue?

  init(
    _ sizes: [Int], order: [Int]? = nil, _ source: Source, isShared: Bool = true,
    equal: ONNXValue? = nil
  ) {
    self.equal = equal?.original
    self.sizes = sizes
    self.order = order ?? Array(sizes.indices)
    (self.source, self.isShared) = (source, isShared)
  }

  /// Another value of the same shape, which nothing reads yet.
  func with(_ source: Source) -> ONNXValue {
    ONNXValue(sizes, order: order, source, isShared: false)
  }

  /// The value with a number for each channel added; nil if it is not a product without an
  /// activation.
  func adding(_ numbers: [Float]) -> ONNXValue? {
    func sum(_ bias: [Float]?) -> [Float] {
      zip(bias ?? numbers.map { _ in 0 }, numbers).map { Float(Double($0) + Double($1)) }
    }
    switch source {
    case .weighted(var weighted) where weighted.activation == nil:
      weighted.bias = sum(weighted.bias)
      return with(.weighted(weighted))
    case .attention(var attention):
      attention.bias = sum(attention.bias)
      return with(.attention(attention))
    default: return nil
    }
  }

  /// The shape in Pinion for one sample.
  var shape: Shape { Shape(order.map { sizes[$0] }) }

  /// Whether the elements lie in Pinion in the order of ONNX.
  var isOrdered: Bool {
    let long = order.filter { sizes[$0] > 1 }
    return long == long.sorted()
  }

  /// Whether a value may have these sizes: layers have no larger ones, and with them no sum or
  /// product of sizes that a node computes overflows.
  static func allows(_ sizes: [Int]) -> Bool {
    guard let count = ONNXConstant.product(sizes) else { return false }
    return count > 0 && count < 1 << 40
  }

  /// Channels first in ONNX, channels last in Pinion.
  static let channelsLast = [1, 2, 0]
}

/// A part of a formula, recognized when the rest of it follows.
enum ONNXTerm {
  /// Of ONNX's axes, without the batch.
  case mean(ONNXValue, axes: [Int])
  case centered(ONNXValue, axes: [Int])
  case square(ONNXValue)
  /// The mean of the squares of `x`, or of its distance from the mean; ε; whether 1/√ or √.
  case moment(ONNXValue, axes: [Int], isCentered: Bool, epsilon: Double)
  case root(ONNXValue, axes: [Int], isCentered: Bool, epsilon: Double, isInverse: Bool)
  case erf(ONNXValue)
  /// (C, …) as (groups, rest), and normalized.
  case grouped(ONNXValue, groups: Int)
  case groupNormalized(ONNXValue, groups: Int, epsilon: Double)
  /// Rearranged, with the axis of the batch anywhere.
  case view(ONNXView)
  /// Of (steps, heads) and the keys, before and after the softmax; and the heads' results.
  case scores(ONNXAttention)
  case attended(ONNXAttention)
}

/// y = a·x + b, with numbers for all elements or for each place of an axis.
struct ONNXAffine {
  /// An axis in Pinion, without the batch; nil if all elements have one number.
  var axis: Int?
  var scale: [Double]
  var offset: [Double]

  var isIdentity: Bool { scale.allSatisfy { $0 == 1 } && offset.allSatisfy { $0 == 0 } }

  var hasOffset: Bool { !offset.allSatisfy { $0 == 0 } }

  /// This one, then `next`; nil if they have different axes.
  func followed(by next: ONNXAffine) -> ONNXAffine? {
    guard axis == nil || next.axis == nil || axis == next.axis else { return nil }
    let count = max(scale.count, next.scale.count)
    func spread(_ numbers: [Double]) -> [Double] {
      numbers.count == count ? numbers : [Double](repeating: numbers[0], count: count)
    }
    let (a, b) = (spread(scale), spread(offset))
    let (c, d) = (spread(next.scale), spread(next.offset))
    return ONNXAffine(
      axis: axis ?? next.axis, scale: zip(a, c).map { $0 * $1 },
      offset: (0..<count).map { b[$0] * c[$0] + d[$0] })
  }
}

/// A convolution or a dense layer whose bias and activation may follow.
struct ONNXWeightedLayer {
  enum Kind {
    case convolution(
      kernel: Size2D, stride: Size2D, dilation: Size2D, padding: Padding, groups: Int)
    case depthwise(
      kernel: Size2D, stride: Size2D, dilation: Size2D, padding: Padding, multiplier: Int)
    case transposed(kernel: Size2D, stride: Size2D, padding: Padding, outputPadding: Size2D?)
    case dense
  }

  let kind: Kind
  let name: String
  let input: SymbolicTensor
  let width: Int
  /// The kernel in Pinion's layout.
  let kernel: () throws -> Tensor
  /// The value that `input` is the output of; only of dense layers.
  var origin: ONNXValue?
  var bias: [Float]?
  var activation: (any ActivationFunction)?

  /// The base of a name where the file has none.
  static func base(_ kind: Kind) -> String {
    switch kind {
    case .convolution: "conv2d"
    case .depthwise: "depthwise_conv2d"
    case .transposed: "conv2d_transpose"
    case .dense: "dense"
    }
  }

  var layer: any Layer {
    func make(_ activation: some ActivationFunction) -> any Layer {
      let usesBias = bias != nil
      switch kind {
      case .convolution(let kernel, let stride, let dilation, let padding, let groups):
        return Conv2D(
          width, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
          groups: groups, activation: activation, usesBias: usesBias, name: name)
      case .depthwise(let kernel, let stride, let dilation, let padding, let multiplier):
        return DepthwiseConv2D(
          kernel: kernel, stride: stride, padding: padding, depthMultiplier: multiplier,
          dilation: dilation, activation: activation, usesBias: usesBias, name: name)
      case .transposed(let kernel, let stride, let padding, let outputPadding):
        return Conv2DTranspose(
          width, kernel: kernel, stride: stride, padding: padding, outputPadding: outputPadding,
          activation: activation, usesBias: usesBias, name: name)
      case .dense:
        return Dense(width, activation: activation, usesBias: usesBias, name: name)
      }
    }
    if let activation { return make(activation) }
    return make(Linear())
  }
}

/// A normalization whose γ and β may follow.
enum ONNXNormalization {
  case layer(epsilon: Double)
  case rootMeanSquare(epsilon: Double)
  case group(groups: Int, epsilon: Double)
}
