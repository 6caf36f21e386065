public import PinionTensor

/// How the first values of a parameter are drawn.
///
/// Ours are reached as static members (`kernelInitializer: .heUniform`); yours conform to the
/// protocol.
public protocol Initializer: Configurable {
  /// Throws ``LayerError`` if a hyperparameter makes no sense. Default: all make sense.
  func validate() throws

  /// Throws ``LayerError`` if a parameter of the given shape cannot be filled. Default: all can.
  func validate(for shape: Shape) throws

  /// Writes the first values of a parameter of the given shape, row-major.
  func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream)
}

extension Initializer {
  /// Nothing to complain of.
  public func validate() throws {}

  /// Any shape will do.
  public func validate(for shape: Shape) throws {}
}

/// The number of inputs and outputs that an element of a kernel connects, as Keras counts them.
///
/// Of a vector both are its length; of a matrix (in, out) its sides; of a convolution kernel
/// (height, width, in, out) height·width·in and height·width·out.
package func fans(of shape: Shape) -> (fanIn: Int, fanOut: Int) {
  switch shape.rank {
  case 0: return (1, 1)
  case 1: return (shape[0], shape[0])
  default:
    let field = shape.dropLast(2).reduce(1, *)
    return (field * shape[shape.rank - 2], field * shape[shape.rank - 1])
  }
}

/// Every element the same.
public struct ConstantInitializer: Initializer {
  /// The value of every element.
  public var value: Float

  /// Every element `value`.
  public init(_ value: Float) { self.value = value }

  /// The value must be finite.
  public func validate() throws {
    try LayerError.require(
      value.isFinite, "a constant initializer's value must be finite", received: "\(value)")
  }

  /// Writes the value everywhere.
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
