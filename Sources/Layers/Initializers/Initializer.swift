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
