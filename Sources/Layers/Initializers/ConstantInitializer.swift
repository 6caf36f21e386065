public import PinionTensor

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
