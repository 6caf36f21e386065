/// Axes of a tensor: `0`, `[0, 1]`, or `-1` for the last.
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
  /// The axis of a number, which counts from the end if negative. Traps if there is none.
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

/// Positions on an axis.
public struct AxisSelection: Sendable, Equatable {
  /// May be outside the axis; the subscript then traps.
  public let positions: Range<Int>
  public let keepsAxis: Bool

  public init(positions: Range<Int>, keepsAxis: Bool) {
    self.positions = positions
    self.keepsAxis = keepsAxis
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
