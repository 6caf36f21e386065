internal import PinionTensor

/// An image seen along one axis: (outer, count, inner), where `inner` values of the same place lie side by side.
struct AxisLayout {
  let outer, count, inner: Int

  /// Looks at a shape along an axis, counted without the batch.
  init(_ shape: Shape, axis: Int) {
    outer = shape[..<axis].reduce(1, *)
    count = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
  }

  /// Calls `body` with each run of values of the same place: its start, and the place.
  @inline(__always)
  func forEachRun(images: Int, _ body: (_ start: Int, _ place: Int) -> Void) {
    var start = 0
    for _ in 0..<images * outer {
      for place in 0..<count {
        body(start, place)
        start += inner
      }
    }
  }
}
