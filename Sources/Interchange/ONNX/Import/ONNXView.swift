internal import PinionTensor

/// A rearrangement of a value of samples (steps, channels), as in the formula of an attention: each
/// axis, those of the batch included, is a product of parts of the value's axes.
struct ONNXView {
  /// Indices of an axis of the value: 0, stride, 2·stride, …
  struct Part: Equatable {
    let axis: Axis
    var stride = 1
    /// Of the batch, which is not known, 1.
    var size: Int

    static let batch = Part(axis: .batch, size: 1)

    func isFull(_ axis: Axis, _ size: Int) -> Bool {
      self == Part(axis: axis, stride: 1, size: size)
    }
  }

  enum Axis { case batch, steps, channels, keys }

  let base: ONNXValue
  /// Row-major; an axis of size 1 has no parts.
  var axes: [[Part]]
  /// The first channel.
  var offset = 0
  /// A factor of all elements.
  var scale = 1.0

  init(_ base: ONNXValue, axes: [[Part]]) { (self.base, self.axes) = (base, axes) }

  /// The value itself.
  init(_ base: ONNXValue) {
    self.init(
      base,
      axes: [
        [.batch], [Part(axis: .steps, size: base.sizes[0])],
        [Part(axis: .channels, size: base.sizes[1])],
      ])
    axes = axes.map(Self.joined)
  }

  /// Whether the value is not rearranged.
  var isWhole: Bool { offset == 0 && scale == 1 && axes == ONNXView(base).axes }

  /// The size of each axis; nil if one is too large a multiple of the batch's.
  var sizes: [Int]? {
    var sizes: [Int] = []
    for parts in axes {
      let size = Self.size(parts)
      guard parts.contains(.batch) else {
        sizes.append(size)
        continue
      }
      guard let multiple = ONNXConstant.batch(times: size) else { return nil }
      sizes.append(multiple)
    }
    return sizes
  }

  /// Without the batch.
  static func size(_ parts: [Part]) -> Int { parts.reduce(1) { $0 * $1.size } }

  /// With parts that follow each other as one, and without those of one element.
  static func joined(_ parts: [Part]) -> [Part] {
    var result: [Part] = []
    for part in parts where part == .batch || part.size > 1 {
      if let last = result.last, last.axis == part.axis, part.axis != .batch,
        last.stride == part.stride * part.size
      {
        result[result.count - 1] = Part(
          axis: part.axis, stride: part.stride, size: last.size * part.size)
      } else {
        result.append(part)
      }
    }
    return result
  }

  // MARK: Operators; nil if the result is no rearrangement

  func transposed(_ order: [Int]) -> ONNXView? {
    guard order.sorted() == Array(axes.indices) else { return nil }
    var view = self
    view.axes = order.map { axes[$0] }
    return view
  }

  /// - Parameters:
  ///   - target: As of `Reshape`.
  ///   - batch: The size of the batch in files where it is fixed.
  func reshaped(_ target: [Int], keepsZeros: Bool, batch: Int?) -> ONNXView? {
    guard (1...ONNXConstant.rankLimit).contains(target.count) else { return nil }
    var target = target
    for (axis, size) in target.enumerated() where size == 0 && !keepsZeros {
      guard axis < axes.count else { return nil }
      guard let sizes else { return nil }
      target[axis] = sizes[axis]
    }
    let count = Self.size(axes.flatMap { $0 })
    if batch == 1, !target.contains(where: ONNXConstant.isBatch) {
      return ONNXConstant.reshaped([count], target, keepsZeros: true).flatMap { withBatchOfOne($0) }
    }
    // The axis that contains the batch is found by trial.
    for place in target.indices {
      var sizes = target
      if let factor = ONNXConstant.factor(sizes[place]) {
        sizes[place] = factor
      } else if sizes[place] != -1 {
        guard let batch, batch > 0, sizes[place] % batch == 0 else { continue }
        sizes[place] /= batch
      }
      let free = sizes.indices.filter { sizes[$0] == -1 }
      guard free.count <= 1, !sizes.contains(where: ONNXConstant.isBatch) else { continue }
      if let axis = free.first {
        sizes[axis] = 1
        guard let rest = ONNXConstant.product(sizes), rest > 0, count % rest == 0 else { continue }
        sizes[axis] = count / rest
      }
      guard ONNXConstant.product(sizes) == count else { continue }
      if let view = divided(sizes, batchAt: place) { return view }
    }
    return nil
  }

  /// With other sizes, in a file where the batch is one sample, which is then in any axis: the one
  /// that has no other elements, else that of heads, else the first.
  private func withBatchOfOne(_ sizes: [Int]) -> ONNXView? {
    var view = self
    view.axes = axes.map { $0.filter { $0 != .batch } }
    guard var result = view.divided(sizes, batchAt: nil) else { return nil }
    let place =
      result.axes.firstIndex(where: \.isEmpty)
      ?? result.axes.dropLast().firstIndex { $0.contains { $0.axis == .channels } } ?? 0
    result.axes[place].insert(.batch, at: 0)
    return result
  }

  /// Sizes without the batch, which is in one of the axes if any.
  private func divided(_ sizes: [Int], batchAt place: Int?) -> ONNXView? {
    var rest = axes.flatMap { $0 }[...]
    var result: [[Part]] = []
    for (axis, size) in sizes.enumerated() {
      var (size, parts) = (size, [Part]())
      var needsBatch = axis == place
      while size > 1 || needsBatch {
        guard let part = rest.popFirst() else { return nil }
        if part == .batch {
          guard needsBatch else { return nil }
          needsBatch = false
          parts.append(part)
        } else if size % part.size == 0 {
          size /= part.size
          parts.append(part)
        } else {
          guard size > 1, part.size % size == 0 else { return nil }
          let inner = part.size / size
          parts.append(Part(axis: part.axis, stride: part.stride * inner, size: size))
          rest.insert(
            Part(axis: part.axis, stride: part.stride, size: inner), at: rest.startIndex)
          size = 1
        }
      }
      result.append(Self.joined(parts))
    }
    guard rest.isEmpty else { return nil }
    var view = self
    view.axes = result
    return view
  }

  /// Some places of an axis of channels.
  func sliced(_ axis: Int, _ places: Range<Int>) -> ONNXView? {
    guard axes.indices.contains(axis), !places.isEmpty, places.lowerBound >= 0,
      places.upperBound <= Self.size(axes[axis]), !axes[axis].contains(.batch)
    else { return nil }
    if places.count == Self.size(axes[axis]) { return self }
    guard axes[axis].count == 1, axes[axis][0].axis == .channels else { return nil }
    var view = self
    let part = axes[axis][0]
    view.offset += places.lowerBound * part.stride
    view.axes[axis] = Self.joined([
      Part(axis: .channels, stride: part.stride, size: places.count)
    ])
    return view
  }

  /// Without axes of size 1, or with more.
  func squeezed(_ places: [Int]) -> ONNXView? {
    guard let dropped = ONNXConstant.distinct(places, rank: axes.count),
      dropped.allSatisfy({ axes[$0].isEmpty })
    else { return nil }
    var view = self
    view.axes = axes.indices.filter { !dropped.contains($0) }.map { axes[$0] }
    return view
  }

  func unsqueezed(_ places: [Int]) -> ONNXView? {
    let rank = axes.count + places.count
    guard rank <= ONNXConstant.rankLimit,
      let added = ONNXConstant.distinct(places, rank: rank)
    else { return nil }
    var (view, rest) = (self, axes[...])
    view.axes = (0..<rank).map { added.contains($0) ? [] : rest.removeFirst() }
    return view
  }
}

extension ONNXView.Part {
  /// All of an axis.
  static func steps(_ size: Int) -> [ONNXView.Part] {
    ONNXView.joined([.init(axis: .steps, size: size)])
  }

  static func channels(_ size: Int) -> [ONNXView.Part] {
    ONNXView.joined([.init(axis: .channels, size: size)])
  }
}

extension ONNXView {
  func with(base: ONNXValue) -> ONNXView {
    var view = ONNXView(base, axes: axes)
    (view.offset, view.scale) = (offset, scale)
    return view
  }

  /// The axes before the last two, which hold the batch and heads, with a stride of 1 for heads;
  /// and the part of the heads. Nil if they hold anything else.
  var heads: (lead: [[Part]], head: Part?)? {
    let lead = axes.dropLast(2)
    let parts = lead.flatMap { $0 }
    let channels = parts.filter { $0.axis == .channels }
    guard parts.contains(.batch), parts.count == channels.count + 1, channels.count <= 1 else {
      return nil
    }
    let unified = lead.map { parts in
      parts.map { $0 == .batch ? $0 : Part(axis: .channels, size: $0.size) }
    }
    return (unified, channels.first)
  }

  /// Sets the stride of the heads.
  mutating func setHeads(stride: Int) {
    for index in axes.indices.dropLast(2) {
      axes[index] = axes[index].map { part in
        part == .batch ? part : Part(axis: .channels, stride: stride, size: part.size)
      }
    }
  }
}
