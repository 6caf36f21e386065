internal import PinionTensor

/// Memory for doubles, all zero, that lives as long as its owner.
struct DoubleBuffer {
  private let floats: AlignedBuffer
  let view: MemoryView<Double>

  init(count: Int) {
    floats = AlignedBuffer(count: 2 * count)
    view = floats.view.rebound(to: Double.self)
  }

  /// The elements as an array.
  var array: [Double] { withExtendedLifetime(floats) { view.array } }
}
