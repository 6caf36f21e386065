internal import CPinionKernels
internal import PinionTensor

/// Elements of the kernel's gradient that are zero by the definition, but rounding errors by the
/// transforms.
///
/// A tap whose inputs in a channel, or whose output gradients of a filter, are all zero is found in
/// any batch: over padding, with gradients that a stride or a pooling leaves zero, or of a filter
/// that is active only at a border. A channel and a filter of which all products are zero, although
/// both have other elements, are searched for only in batches of few pixels: in larger ones they
/// are too unlikely for the time of the search.
extension Winograd {
  /// The largest number of output pixels of a batch in which pairs of a channel and a filter are
  /// searched for.
  private static let pairPixels = 256

  private var findsPairs: Bool { batch * geometry.outputPixels <= Self.pairPixels }

  /// Floats of the taps' bits, an even number.
  private var tapFloats: Int { (channels + filters + 1) / 2 * 2 }

  private var pairWords: Int {
    findsPairs ? pinion_winograd_zeros_state(channels, filters) : 0
  }

  /// Floats of memory for the sums of the kernel's gradient and the searches.
  var sumFloats: Int { kernelFloats + tapFloats + 2 * pairWords }

  /// Floats of scratch memory for the searches.
  var searchFloats: Int {
    findsPairs ? 2 * pinion_winograd_zeros_scratch(channels, filters) : 0
  }

  /// Must follow the transforms of the call's tiles, which write ``occurring(_:)``.
  func searchForZeros(
    _ x: MemoryView<Float>, _ gradients: Gradients, _ sums: MemoryView<Float>,
    _ scratch: MemoryView<Float>
  ) {
    require(sums.count == sumFloats, "sums of another shape")
    if !gradients.accumulates { sums[kernelFloats..<sumFloats].fill(0) }
    let (taps, pairs) = searches(sums)
    let occurring = occurring(scratch)
    var shape = shape
    var inputs = pinion_winograd_values(
      values: x.base, outputs: nil, slope: 1, count: channels)
    var outputs = pinion_winograd_values(
      values: gradients.output.base, outputs: gradients.outputs.map { UnsafePointer($0.base) },
      slope: gradients.slope, count: filters)
    let images = x.count / geometry.inputSize
    pinion_winograd_taps_search(
      &shape, &inputs, &outputs, images, occurring.base, occurring.base + channels, taps,
      taps + channels)
    guard let pairs else { return }
    let words = scratch[0..<searchFloats].rebound(to: UInt64.self)
    pinion_winograd_zeros_search(&shape, &inputs, &outputs, images, pairs, words.base)
  }

  func clearZeros(_ sums: MemoryView<Float>, in gradient: MemoryView<Float>) {
    let (taps, pairs) = searches(sums)
    pinion_winograd_taps_clear(taps, channels, taps + channels, filters, gradient.base)
    if let pairs { pinion_winograd_zeros_clear(pairs, channels, filters, gradient.base) }
  }

  /// The bits of the channels, then of the filters, and the state of the search for pairs, if there
  /// is one.
  private func searches(_ sums: MemoryView<Float>) -> (
    taps: UnsafeMutablePointer<Int32>, pairs: UnsafeMutablePointer<UInt64>?
  ) {
    let taps = sums[kernelFloats..<kernelFloats + tapFloats].rebound(to: Int32.self)
    let pairs = sums[kernelFloats + tapFloats..<sums.count].rebound(to: UInt64.self)
    return (taps.base, findsPairs ? pairs.base : nil)
  }
}
