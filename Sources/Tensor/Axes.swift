/// Axes of a tensor, by number: `0` or `[0, 1]`, or `-1` for the last.
public struct Axes: Sendable, Equatable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// The numbers of the axes; negative ones count from the end.
  public let numbers: [Int]

  /// The axes of the given numbers.
  public init(_ numbers: [Int]) { self.numbers = numbers }

  /// The axis of the given number.
  public init(_ number: Int) { numbers = [number] }

  /// The axis of the given number.
  public init(integerLiteral number: Int) { numbers = [number] }

  /// The axes of the given numbers.
  public init(arrayLiteral numbers: Int...) { self.numbers = numbers }

  /// For each axis of a shape whether it is among these. Traps on axes that the shape does not
  /// have, or that are named twice.
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
  /// The axis of a number, which counts from the end if it is negative. Traps if there is none.
  func axis(_ number: Int) -> Int {
    require(number >= -rank && number < rank, "axis \(number) of shape \(self)")
    return number < 0 ? number + rank : number
  }
}

/// What stands in a subscript for one axis: a position, which drops the axis, or a range, which
/// keeps it.
///
/// `Int`, `Range`, `ClosedRange` and the one-sided ranges of `Int` are such; `0...` is the whole
/// axis.
public protocol AxisSelector {
  /// The positions chosen on an axis of the given size, and whether the axis stays.
  func selection(ofSize size: Int) -> AxisSelection
}

/// Positions on an axis.
public struct AxisSelection: Sendable, Equatable {
  /// The positions; they may lie outside the axis, which the subscript then reports.
  public let positions: Range<Int>
  /// Whether the result still has the axis.
  public let keepsAxis: Bool

  /// Some positions of an axis that stays, or one of an axis that is dropped.
  public init(positions: Range<Int>, keepsAxis: Bool) {
    self.positions = positions
    self.keepsAxis = keepsAxis
  }
}

extension Int: AxisSelector {
  /// The one position, without the axis.
  public func selection(ofSize size: Int) -> AxisSelection {
    AxisSelection(positions: self..<self + 1, keepsAxis: false)
  }
}

extension Range: AxisSelector where Bound == Int {
  /// The positions in the range.
  public func selection(ofSize size: Int) -> AxisSelection {
    AxisSelection(positions: self, keepsAxis: true)
  }
}

extension ClosedRange: AxisSelector where Bound == Int {
  /// The positions in the range.
  public func selection(ofSize size: Int) -> AxisSelection {
    AxisSelection(positions: lowerBound..<upperBound + 1, keepsAxis: true)
  }
}

extension PartialRangeFrom: AxisSelector where Bound == Int {
  /// The positions from the bound to the axis's end.
  public func selection(ofSize size: Int) -> AxisSelection {
    require(lowerBound <= size, "\(lowerBound)... on an axis of size \(size)")
    return AxisSelection(positions: lowerBound..<size, keepsAxis: true)
  }
}

extension PartialRangeUpTo: AxisSelector where Bound == Int {
  /// The positions before the bound.
  public func selection(ofSize size: Int) -> AxisSelection {
    require(upperBound >= 0, "..<\(upperBound) on an axis of size \(size)")
    return AxisSelection(positions: 0..<upperBound, keepsAxis: true)
  }
}

extension PartialRangeThrough: AxisSelector where Bound == Int {
  /// The positions up to the bound.
  public func selection(ofSize size: Int) -> AxisSelection {
    require(upperBound >= -1, "...\(upperBound) on an axis of size \(size)")
    return AxisSelection(positions: 0..<upperBound + 1, keepsAxis: true)
  }
}
