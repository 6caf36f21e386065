public import PinionTensor

/// The numbers of one step that do not depend on the parameter, such as a bias-corrected learning
/// rate; the optimizer decides which position holds what.
///
/// Computed once a step in double precision, then rounded to floats.
@frozen
public struct StepCoefficients: Sendable, Equatable {
  /// The largest number of coefficients.
  public static var capacity: Int { 8 }

  @usableFromInline var values: SIMD8<Float>

  /// Up to ``capacity`` numbers; positions not given hold 0.
  @inlinable
  public init(
    _ first: Double, _ second: Double = 0, _ third: Double = 0, _ fourth: Double = 0,
    _ fifth: Double = 0, _ sixth: Double = 0, _ seventh: Double = 0, _ eighth: Double = 0
  ) {
    // A variadic parameter would be an array on the heap.
    values = SIMD8(
      Float(first), Float(second), Float(third), Float(fourth), Float(fifth), Float(sixth),
      Float(seventh), Float(eighth))
  }

  @inlinable
  public subscript(position: Int) -> Float { values[position] }

  /// The coefficients with another number at a position.
  public func replacing(_ position: Int, with value: Double) -> StepCoefficients {
    var copy = self
    copy.values[position] = Float(value)
    return copy
  }
}

/// The slots of a range of parameters, one float for each parameter and slot, as passed to
/// ``Optimizer/update(parameters:gradients:slots:coefficients:)``.
///
/// A fixed number of views instead of an array, so that making one does not allocate.
public struct OptimizerSlots: Sendable {
  /// The largest number of slots.
  public static var capacity: Int { 4 }

  private var first: MemoryView<Float>?
  private var second: MemoryView<Float>?
  private var third: MemoryView<Float>?
  private var fourth: MemoryView<Float>?

  private init() {}

  package init(_ buffers: [AlignedBuffer]) { self.init(buffers, count: buffers.count) }

  /// The first `count` of the buffers.
  init(_ buffers: [AlignedBuffer], count: Int) {
    require(count <= Self.capacity && count <= buffers.count, "\(count) slots")
    if count > 0 { first = buffers[0].view }
    if count > 1 { second = buffers[1].view }
    if count > 2 { third = buffers[2].view }
    if count > 3 { fourth = buffers[3].view }
  }

  /// The slot at a position of ``Optimizer/slotNames``; traps if there is none.
  public subscript(position: Int) -> MemoryView<Float> {
    let view: MemoryView<Float>?
    switch position {
    case 0: view = first
    case 1: view = second
    case 2: view = third
    case 3: view = fourth
    default: view = nil
    }
    guard let view else { fatalError("no slot at position \(position)") }
    return view
  }

  package subscript(range: Range<Int>) -> OptimizerSlots {
    var part = OptimizerSlots()
    part.first = first?[range]
    part.second = second?[range]
    part.third = third?[range]
    part.fourth = fourth?[range]
    return part
  }

  var areFinite: Bool {
    (first?.areFinite ?? true) && (second?.areFinite ?? true) && (third?.areFinite ?? true)
      && (fourth?.areFinite ?? true)
  }
}
