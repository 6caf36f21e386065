internal import CPinionKernels
internal import PinionTensor

/// Elements of the gradient of a 3 × 3 kernel that are zero by the definition, but rounding errors
/// by the transforms of minimal filtering.
///
/// A tap whose inputs in a channel, or whose output gradients of a filter, are all zero is found in
/// any batch: over padding, with gradients that a stride or a pooling leaves zero, or of a filter
/// that is active only at a border. A channel and a filter of which all products are zero, although
/// both have other elements, are searched for only in batches of few pixels: in larger ones they
/// are too unlikely for the time of the search.
struct ZeroSearch: Sendable {
  /// The largest number of output pixels of a batch in which pairs of a channel and a filter are
  /// searched for.
  private static let pairPixels = 256

  private let geometry: WindowGeometry
  private let filters: Int
  private let findsPairs: Bool

  init(geometry: WindowGeometry, filters: Int, batch: Int) {
    self.geometry = geometry
    self.filters = filters
    findsPairs = batch * geometry.outputPixels <= Self.pairPixels
  }

  private var channels: Int { geometry.channels }

  /// Floats of the taps' bits, an even number.
  private var tapFloats: Int { (channels + filters + 1) / 2 * 2 }

  private var pairWords: Int {
    findsPairs ? pinion_winograd_zeros_state(channels, filters) : 0
  }

  /// Floats of the state, which lasts from call to call and is zero before the first.
  var stateFloats: Int { tapFloats + 2 * pairWords }

  /// Floats of scratch memory for a call.
  var scratchFloats: Int {
    findsPairs ? 2 * pinion_winograd_zeros_scratch(channels, filters) : 0
  }

  /// The dz of some images: dz = dy where y > 0, else slope·dy; dy itself without y.
  struct Gradients {
    let values: MemoryView<Float>
    let outputs: MemoryView<Float>?
    let slope: Float
  }

  /// The searches for taps in the images of a call, for the passes that transform x and dz.
  func taps(
    _ x: MemoryView<Float>, _ gradients: Gradients, state: MemoryView<Float>
  ) -> (inputs: pinion_winograd_taps, outputs: pinion_winograd_taps) {
    let (inputs, outputs) = values(x, gradients)
    let met = parts(state).taps.base
    return (
      pinion_winograd_taps(other: outputs, met: met),
      pinion_winograd_taps(other: inputs, met: met + channels)
    )
  }

  /// Searches the images of a call for pairs of a channel and a filter, if the batch is small.
  func searchPairs(
    _ x: MemoryView<Float>, _ gradients: Gradients, state: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    guard findsPairs else { return }
    var (windows, (inputs, outputs)) = (geometry.windows, values(x, gradients))
    let words = scratch[0..<scratchFloats].rebound(to: UInt64.self)
    pinion_winograd_zeros_search(
      &windows, &inputs, &outputs, x.count / geometry.inputSize, parts(state).pairs.base,
      words.base)
  }

  private func values(
    _ x: MemoryView<Float>, _ gradients: Gradients
  ) -> (inputs: pinion_winograd_values, outputs: pinion_winograd_values) {
    (
      pinion_winograd_values(values: x.base, outputs: nil, slope: 1, count: channels),
      pinion_winograd_values(
        values: gradients.values.base, outputs: gradients.outputs.map { UnsafePointer($0.base) },
        slope: gradients.slope, count: filters)
    )
  }

  /// Sets the elements found to be zero in a gradient, (3, 3, C, F).
  func clear(_ state: MemoryView<Float>, in gradient: MemoryView<Float>) {
    let (taps, pairs) = parts(state)
    pinion_winograd_taps_clear(
      taps.base, channels, taps.base + channels, filters, gradient.base)
    if findsPairs { pinion_winograd_zeros_clear(pairs.base, channels, filters, gradient.base) }
  }

  /// The bits of the channels, then of the filters, and the state of the search for pairs.
  private func parts(
    _ state: MemoryView<Float>
  ) -> (taps: MemoryView<Int32>, pairs: MemoryView<UInt64>) {
    require(state.count == stateFloats, "a state of another shape")
    return (
      state[0..<tapFloats].rebound(to: Int32.self),
      state[tapFloats..<state.count].rebound(to: UInt64.self)
    )
  }
}
