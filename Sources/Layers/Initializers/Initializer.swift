public import PinionTensor

/// Sets the initial values of a parameter.
///
/// Built-in initializers are static members (`kernelInitializer: .heUniform`); custom ones conform
/// to this protocol.
public protocol Initializer: Configurable {
  /// Throws ``LayerError`` if a hyperparameter is invalid. Default: does not throw.
  func validate() throws

  /// Throws ``LayerError`` if a parameter of the given shape cannot be filled. Default: all can.
  func validate(for shape: Shape) throws

  /// Writes the initial values of a parameter of the given shape, row-major.
  func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream)
}

extension Initializer {
  public func validate() throws {}

  public func validate(for shape: Shape) throws {}
}

/// Fan-in and fan-out of a kernel, as in Keras.
///
/// For a vector, both are its length; for a matrix (in, out), its sizes; for a convolution kernel
/// (height, width, in, out), height·width·in and height·width·out.
package func fans(of shape: Shape) -> (fanIn: Int, fanOut: Int) {
  switch shape.rank {
  case 0: return (1, 1)
  case 1: return (shape[0], shape[0])
  default:
    let field = shape.dropLast(2).reduce(1, *)
    return (field * shape[shape.rank - 2], field * shape[shape.rank - 1])
  }
}

/// A constant.
public struct ConstantInitializer: Initializer {
  /// The value of every element.
  public var value: Float

  public init(_ value: Float) { self.value = value }

  /// The value must be finite.
  public func validate() throws {
    try LayerError.require(
      value.isFinite, "a constant initializer's value must be finite", received: "\(value)")
  }

  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    values.fill(value)
  }
}

extension Initializer where Self == ConstantInitializer {
  /// Every element 0.
  public static var zeros: ConstantInitializer { ConstantInitializer(0) }

  /// Every element 1.
  public static var ones: ConstantInitializer { ConstantInitializer(1) }

  /// Every element `value`.
  public static func constant(_ value: Float) -> ConstantInitializer { ConstantInitializer(value) }
}

/// The identity matrix times `gain`, for a parameter of two axes; where these differ, zeros beyond
/// the smaller one. As Keras 3's `Identity`.
public struct IdentityInitializer: Initializer {
  /// Default: 1.
  public var gain: Float

  public init(gain: Float = 1) { self.gain = gain }

  /// The gain must be finite.
  public func validate() throws {
    try LayerError.require(
      gain.isFinite, "the gain of an identity initializer must be finite", received: "\(gain)")
  }

  /// Two axes.
  public func validate(for shape: Shape) throws {
    try LayerError.require(
      shape.rank == 2, "an identity initializer needs a parameter of two axes",
      received: "the shape \(shape)")
  }

  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    values.fill(0)
    for i in 0..<min(shape[0], shape[1]) { values[i * shape[1] + i] = gain }
  }
}

/// A convolution kernel (…, in, out) that maps channel i of its input to channel i of its output: 1
/// in the middle of the window for equal channels, else 0. As PyTorch's `dirac_`.
///
/// The middle of an even size is size / 2. With groups, each group of output channels gets the same
/// kernel; the parameter's `in` is then that of a group.
public struct Dirac: Initializer {
  /// Default: 1.
  public var groups: Int
  /// The initializer of a group's output channels beyond the number of input channels, with the
  /// fan-in and fan-out of the whole kernel. Default: zeros.
  @ConfiguredIfPresent public var remainder: (any Initializer)?

  public init(groups: Int = 1, remainder: (any Initializer)? = nil) {
    self.groups = groups
    _remainder = ConfiguredIfPresent(wrappedValue: remainder)
  }

  /// There must be at least one group.
  public func validate() throws {
    try LayerError.require(
      groups > 0, "a Dirac initializer needs a positive number of groups", received: "\(groups)")
    try remainder?.validate()
  }

  /// One to three axes of a window, then two of channels, the last of them divisible by the groups.
  public func validate(for shape: Shape) throws {
    try LayerError.require(
      (3...5).contains(shape.rank) && groups > 0 && shape[shape.rank - 1] % groups == 0,
      "a Dirac initializer needs a convolution kernel (…, in, out) with \(groups) groups of output "
        + "channels", received: "the shape \(shape)")
    try remainder?.validate(for: shape)
  }

  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    let (inputs, outputs) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let middle = shape.dropLast(2).reduce(0) { $0 * $1 + $1 / 2 }
    let size = outputs / groups
    let preserved = min(inputs, size)
    if let remainder {
      remainder.fill(values, shape: shape, random: random)
      for row in stride(from: 0, to: values.count, by: max(1, size)) {
        values[row..<row + preserved].fill(0)
      }
    } else {
      values.fill(0)
    }
    for channel in 0..<preserved {
      for group in 0..<groups {
        values[(middle * inputs + channel) * outputs + group * size + channel] = 1
      }
    }
  }
}

extension Initializer where Self == IdentityInitializer {
  /// The identity matrix.
  public static var identity: IdentityInitializer { IdentityInitializer() }

  /// The identity matrix times `gain`.
  public static func identity(gain: Float) -> IdentityInitializer {
    IdentityInitializer(gain: gain)
  }
}

extension Initializer where Self == Dirac {
  /// A convolution kernel that preserves channels.
  public static var dirac: Dirac { Dirac() }

  /// A convolution kernel that preserves channels, in each of `groups` groups of output channels.
  public static func dirac(groups: Int) -> Dirac { Dirac(groups: groups) }
}
