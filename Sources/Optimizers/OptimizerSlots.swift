public import PinionTensor

/// The parts of an optimizer's state that belong to a range of parameters: for each slot, one float
/// a parameter.
///
/// A fixed number of views, so that making one allocates nothing.
public struct OptimizerSlots: Sendable {
  /// How many slots an optimizer may have.
  public static var capacity: Int { 4 }

  private var first: MemoryView<Float>?
  private var second: MemoryView<Float>?
  private var third: MemoryView<Float>?
  private var fourth: MemoryView<Float>?

  /// No slots.
  public init() {}

  /// The slots that are views of the given buffers.
  ///
  /// - Precondition: There are at most ``capacity``.
  public init(_ buffers: [AlignedBuffer]) {
    require(buffers.count <= Self.capacity, "\(buffers.count) slots")
    if buffers.count > 0 { first = buffers[0].view }
    if buffers.count > 1 { second = buffers[1].view }
    if buffers.count > 2 { third = buffers[2].view }
    if buffers.count > 3 { fourth = buffers[3].view }
  }

  /// The slot at a position.
  ///
  /// - Precondition: There is one.
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

  /// Whether no slot holds NaN or infinity.
  var areFinite: Bool {
    (first?.areFinite ?? true) && (second?.areFinite ?? true) && (third?.areFinite ?? true)
      && (fourth?.areFinite ?? true)
  }

  /// The parts of all slots at the given parameters.
  public subscript(range: Range<Int>) -> OptimizerSlots {
    var part = OptimizerSlots()
    part.first = first?[range]
    part.second = second?[range]
    part.third = third?[range]
    part.fourth = fourth?[range]
    return part
  }
}
