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

  /// Searches the images of a call.
  ///
  /// - Parameter occurring: For each channel, then each filter, 0 if all of its values are known to
  ///   be zero, else all ones.
  func search(
    _ x: MemoryView<Float>, _ gradients: Gradients, occurring: MemoryView<Int32>,
    state: MemoryView<Float>, scratch: MemoryView<Float>
  ) {
    require(
      state.count == stateFloats && occurring.count == channels + filters,
      "a state of another shape")
    let (taps, pairs) = parts(state)
    var windows = geometry.windows
    var inputs = pinion_winograd_values(values: x.base, outputs: nil, slope: 1, count: channels)
    var outputs = pinion_winograd_values(
      values: gradients.values.base, outputs: gradients.outputs.map { UnsafePointer($0.base) },
      slope: gradients.slope, count: filters)
    let images = x.count / geometry.inputSize
    pinion_winograd_taps_search(
      &windows, &inputs, &outputs, images, occurring.base, occurring.base + channels, taps.base,
      taps.base + channels)
    guard findsPairs else { return }
    let words = scratch[0..<scratchFloats].rebound(to: UInt64.self)
    pinion_winograd_zeros_search(&windows, &inputs, &outputs, images, pairs.base, words.base)
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
    (
      state[0..<tapFloats].rebound(to: Int32.self),
      state[tapFloats..<state.count].rebound(to: UInt64.self)
    )
  }
}
