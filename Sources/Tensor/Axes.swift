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
