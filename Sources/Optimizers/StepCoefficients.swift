/// The numbers that are the same for all parameters in one step of an optimiser, such as a
/// corrected learning rate.
///
/// Computed once a step in double precision, then rounded; what each position holds is up to the
/// optimiser.
@frozen
public struct StepCoefficients: Sendable, Equatable {
  /// How many there may be.
  public static var capacity: Int { 8 }

  @usableFromInline var values: SIMD8<Float>

  /// Up to ``capacity`` numbers, rounded to floats; the others are 0.
  @inlinable
  public init(
    _ first: Double, _ second: Double = 0, _ third: Double = 0, _ fourth: Double = 0,
    _ fifth: Double = 0, _ sixth: Double = 0, _ seventh: Double = 0, _ eighth: Double = 0
  ) {
    // Not a variadic parameter, which is an array on the heap.
    values = SIMD8(
      Float(first), Float(second), Float(third), Float(fourth), Float(fifth), Float(sixth),
      Float(seventh), Float(eighth))
  }

  /// The number at a position.
  @inlinable
  public subscript(position: Int) -> Float { values[position] }
}
