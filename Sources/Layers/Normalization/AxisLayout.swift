internal import PinionTensor

/// A sample as (outer, count, inner), with the axis in the middle: (H, W, C) is (H·W, C, 1) along
/// its last axis, and (C, H, W) is (1, C, H·W) along its first.
struct AxisLayout {
  let outer, count, inner: Int

  /// The layout of a shape along an axis, counted without the batch.
  init(_ shape: Shape, axis: Int) { self.init(shape, axes: axis..<axis + 1) }

  /// The layout of a shape along neighboring axes, treated as one.
  init(_ shape: Shape, axes: Range<Int>) {
    outer = shape[..<axes.lowerBound].reduce(1, *)
    count = shape[axes].reduce(1, *)
    inner = shape[axes.upperBound...].reduce(1, *)
  }

  /// Calls `body` with each run of values of the same place: its start, and the place.
  @inline(__always)
  func forEachRun(samples: Int, _ body: (_ start: Int, _ place: Int) -> Void) {
    var start = 0
    for _ in 0..<samples * outer {
      for place in 0..<count {
        body(start, place)
        start += inner
      }
    }
  }
}
