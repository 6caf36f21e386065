/// Axes of a tensor: `0`, `[0, 1]`, or `-1` for the last.
///
/// A type of its own, so that one number and a list are both literals of it; `Axes(numbers)` takes
/// computed ones.
public struct Axes: Sendable, Equatable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// Negative numbers count from the end.
  public let numbers: [Int]

  public init(_ numbers: [Int]) { self.numbers = numbers }

  public init(_ number: Int) { numbers = [number] }

  public init(integerLiteral number: Int) { numbers = [number] }

  public init(arrayLiteral numbers: Int...) { self.numbers = numbers }

  /// For each axis of a shape, whether it is among these. Traps on axes that the shape does not
  /// have and on repeated ones.
  func marked(in shape: Shape) -> [Bool] {
    var marks = [Bool](repeating: false, count: shape.rank)
    for number in numbers {
      let axis = shape.axis(number)
      require(!marks[axis], "axis \(number) of shape \(shape) is named twice in \(numbers)")
      marks[axis] = true
    }
    return marks
  }
}

extension Shape {
  /// The index of an axis, whose number counts from the end if negative. Traps if there is none.
  func axis(_ number: Int) -> Int {
    require(number >= -rank && number < rank, "axis \(number) of shape \(self)")
    return number < 0 ? number + rank : number
  }
}

/// A subscript along one axis: a position, which drops the axis, or a range, which keeps it.
///
/// `Int`, `Range`, `ClosedRange` and the one-sided ranges of `Int` conform; `0...` is the whole
/// axis.
public protocol AxisSelector {
  /// The positions selected on an axis of the given size, and whether the axis is kept.
  func selection(ofSize size: Int) -> AxisSelection
}

/// Positions on an axis: what a custom ``AxisSelector`` returns.
public struct AxisSelection: Sendable, Equatable {
  /// The range in which all positions are. May be outside the axis; the subscript then traps.
  public let positions: Range<Int>
  /// The distance between one position and the next; not zero. The first one is the range's lower
  /// bound, or its last position if the step is negative.
  public let step: Int
  public let keepsAxis: Bool

  public init(positions: Range<Int>, step: Int = 1, keepsAxis: Bool) {
    require(step != 0, "positions in steps of 0")
    self.positions = positions
    self.step = step
    self.keepsAxis = keepsAxis
  }

  /// The number of positions.
  var count: Int { (positions.count + Int(step.magnitude) - 1) / Int(step.magnitude) }

  var first: Int { step > 0 || positions.isEmpty ? positions.lowerBound : positions.upperBound - 1 }
}

/// Equidistant positions of an axis, as NumPy's `start:end:step`: `row[AxisSlice(by: -1)]` is the
/// row in reverse order.
public struct AxisSlice: AxisSelector, Sendable, Equatable {
  public let start: Int?
  public let end: Int?
  public let step: Int

  /// Traps if `step` is zero.
  ///
  /// - Parameters:
  ///   - start: Counts from the end if negative. Default: the first position, or the last one if
  ///     the step is negative.
  ///   - end: Excluded; counts from the end if negative. Default: after the last position, or
  ///     before the first one.
  ///   - step: May be negative. Bounds outside the axis are moved to its ends, as in NumPy.
  public init(from start: Int? = nil, to end: Int? = nil, by step: Int) {
    require(step != 0, "positions in steps of 0")
    self.start = start
    self.end = end
    self.step = step
  }

  public func selection(ofSize size: Int) -> AxisSelection {
    let position = { (bound: Int) in bound < 0 ? bound + size : bound }
    if step > 0 {
      let lower = min(max(start.map(position) ?? 0, 0), size)
      let upper = min(max(end.map(position) ?? size, lower), size)
      return AxisSelection(positions: lower..<upper, step: step, keepsAxis: true)
    }
    let upper = min(max(start.map(position) ?? size - 1, -1), size - 1)
    let lower = max(min(end.map(position) ?? -1, upper), -1)
    return AxisSelection(positions: lower + 1..<upper + 1, step: step, keepsAxis: true)
  }
}

extension StrideTo: AxisSelector where Element == Int {
  public func selection(ofSize size: Int) -> AxisSelection { AxisSelection(of: Array(self)) }
}

extension StrideThrough: AxisSelector where Element == Int {
  public func selection(ofSize size: Int) -> AxisSelection { AxisSelection(of: Array(self)) }
}

extension AxisSelection {
  /// Equidistant positions.
  fileprivate init(of positions: [Int]) {
    guard let first = positions.first, let last = positions.last else {
      self.init(positions: 0..<0, keepsAxis: true)
      return
    }
    self.init(
      positions: min(first, last)..<max(first, last) + 1,
      step: positions.count > 1 ? positions[1] - first : 1, keepsAxis: true)
  }
}

extension Int: AxisSelector {
  public func selection(ofSize size: Int) -> AxisSelection {
    AxisSelection(positions: self..<self + 1, keepsAxis: false)
  }
}

extension Range: AxisSelector where Bound == Int {
  public func selection(ofSize size: Int) -> AxisSelection {
    AxisSelection(positions: self, keepsAxis: true)
  }
}

extension ClosedRange: AxisSelector where Bound == Int {
  public func selection(ofSize size: Int) -> AxisSelection {
    AxisSelection(positions: lowerBound..<upperBound + 1, keepsAxis: true)
  }
}

extension PartialRangeFrom: AxisSelector where Bound == Int {
  public func selection(ofSize size: Int) -> AxisSelection {
    require(lowerBound <= size, "\(lowerBound)... on an axis of size \(size)")
    return AxisSelection(positions: lowerBound..<size, keepsAxis: true)
  }
}

extension PartialRangeUpTo: AxisSelector where Bound == Int {
  public func selection(ofSize size: Int) -> AxisSelection {
    require(upperBound >= 0, "..<\(upperBound) on an axis of size \(size)")
    return AxisSelection(positions: 0..<upperBound, keepsAxis: true)
  }
}

extension PartialRangeThrough: AxisSelector where Bound == Int {
  public func selection(ofSize size: Int) -> AxisSelection {
    require(upperBound >= -1, "...\(upperBound) on an axis of size \(size)")
    return AxisSelection(positions: 0..<upperBound + 1, keepsAxis: true)
  }
}
