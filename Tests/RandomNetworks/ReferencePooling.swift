import PinionLayers

/// Means and maxima over windows, whole images and sequences.
extension ReferenceNetwork {
  func pooling(_ layer: any Layer, _ call: Call) -> Result? {
    switch layer {
    case let layer as MaxPool2D:
      return largest(
        call, ReferenceWindows(call.shape, layer.pool, layer.stride, layer.padding))
    case let layer as AveragePool2D:
      let windows = ReferenceWindows(call.shape, layer.pool, layer.stride, layer.padding)
      let channels = windows.channels
      var counts = [Int](repeating: 0, count: windows.outputHeight * windows.outputWidth)
      windows.forEach(batch: 1) { output, _, _ in counts[output] += 1 }
      var terms: [Term] = []
      windows.forEach(batch: 1) { output, input, _ in
        for c in 0..<channels {
          terms.append(
            Term(
              output: output * channels + c, input: input * channels + c,
              weight: 1 / Number(counts[output])))
        }
      }
      return weighted(call, to: [windows.outputHeight, windows.outputWidth, channels], [terms])
    case let layer as GlobalAveragePooling2D: return mean(call, layer.keepDims)
    case let layer as GlobalAveragePooling1D: return mean(call, layer.keepDims)
    case let layer as GlobalMaxPooling2D: return largest(call, layer.keepDims)
    case let layer as GlobalMaxPooling1D: return largest(call, layer.keepDims)
    default: return nil
    }
  }

  /// The maximum of each window; the first one of equal values.
  private func largest(_ call: Call, _ windows: ReferenceWindows) -> Result {
    let (x, channels) = (call.x, windows.channels)
    let count = batch * windows.outputHeight * windows.outputWidth * channels
    var origins = [Int](repeating: -1, count: count)
    windows.forEach(batch: batch) { output, input, _ in
      for c in 0..<channels {
        let (place, candidate) = (output * channels + c, input * channels + c)
        if origins[place] < 0 || x[candidate] > x[origins[place]] { origins[place] = candidate }
      }
    }
    var gap = Number.infinity
    windows.forEach(batch: batch) { output, input, _ in
      for c in 0..<channels {
        let distance = x[origins[output * channels + c]] - x[input * channels + c]
        if distance > 0 { gap = min(gap, distance) }
      }
    }
    noteGap(gap, among: [x])
    return weighted(
      call, to: [windows.outputHeight, windows.outputWidth, channels],
      [origins.enumerated().map { Term(output: $0, input: $1) }], areOfBatch: true)
  }

  private func pooledShape(_ call: Call, _ keepsAxes: Bool) -> [Int] {
    let channels = call.shape[call.shape.count - 1]
    return keepsAxes ? call.shape.dropLast().map { _ in 1 } + [channels] : [channels]
  }

  private func mean(_ call: Call, _ keepsAxes: Bool) -> Result {
    let (size, channels) = (call.shape.reduce(1, *), call.shape[call.shape.count - 1])
    let terms = (0..<size).map {
      Term(output: $0 % channels, input: $0, weight: 1 / Number(size / channels))
    }
    return weighted(call, to: pooledShape(call, keepsAxes), [terms])
  }

  /// The maximum of each channel; equal ones share the gradient.
  private func largest(_ call: Call, _ keepsAxes: Bool) -> Result {
    let (x, channels) = (call.x, call.shape[call.shape.count - 1])
    let size = call.shape.reduce(1, *)
    var (terms, gap) = ([Term](), Number.infinity)
    for output in 0..<batch * channels {
      let (sample, c) = output.quotientAndRemainder(dividingBy: channels)
      let places = stride(from: sample * size + c, to: (sample + 1) * size, by: channels)
      let top = places.map { x[$0] }.max() ?? 0
      let equal = places.filter { x[$0] == top }
      for place in places where x[place] < top { gap = min(gap, top - x[place]) }
      for place in equal {
        terms.append(Term(output: output, input: place, weight: 1 / Number(equal.count)))
      }
    }
    noteGap(gap, among: [x])
    return weighted(call, to: pooledShape(call, keepsAxes), [terms], areOfBatch: true)
  }

  /// Notes the smallest difference between a maximum and what is less.
  func noteGap(_ gap: Number, among values: [[Number]]) {
    let largest = values.joined().reduce(Number(0)) { max($0, $1.magnitude) }
    if largest > 0 { margin = min(margin, Double(gap / largest)) }
  }
}
