import PinionTensor
import Testing

/// The sorts, whose networks differ by length, compared with the standard library's.
@Suite struct SortingTests {
  /// Around the blocks' sizes, those of runs that are merged, of parts that are sorted in
  /// registers, and of rows that are sorted in chunks.
  private static let counts = [
    0, 1, 2, 7, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 192, 255, 256, 257, 300, 1_000, 2_047,
    2_048, 4_096, 32_767, 32_768, 32_769, 70_000,
  ]

  private enum Pattern: CaseIterable {
    case random, few, equal, ascending, descending, organPipe, special
  }

  private func numbers(_ pattern: Pattern, _ count: Int) -> [Float] {
    let random = Tensor.normal(
      shape: [count], from: RandomStream(seed: 8, purpose: "sorting", count)
    ).elements
    return random.indices.map { index in
      switch pattern {
      case .random: random[index]
      case .few: (random[index] * 2).rounded()
      case .equal: 3
      case .ascending: Float(index)
      case .descending: Float(-index)
      case .organPipe: Float(min(index, count - index))
      case .special:
        [.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -.nan, random[index], -1][
          Int(random[index].magnitude * 1e4) % 9]
      }
    }
  }

  /// −0 before 0, NaN last.
  private func precedes<Scalar: BinaryFloatingPoint>(_ a: Scalar, _ b: Scalar) -> Bool {
    if a.isNaN || b.isNaN { return !a.isNaN }
    return a < b || a == b && a.sign == .minus && b.sign == .plus
  }

  private func expectRows<Scalar: RealScalar>(_ numbers: [Scalar], _ pattern: Pattern) {
    let sorted = numbers.sorted { precedes($0, $1) && !precedes($1, $0) }
    let other = numbers.map { -$0 }
    let otherSorted = other.sorted { precedes($0, $1) && !precedes($1, $0) }
    let rows = TensorOf<Scalar>(shape: [2, numbers.count], elements: numbers + other)
    func isEqual(_ found: [Scalar], _ expected: [Scalar]) -> Bool {
      found.count == expected.count
        && zip(found, expected).allSatisfy {
          $0.isNaN ? $1.isNaN : $0 == $1 && $0.sign == $1.sign
        }
    }
    let place = "\(Scalar.self), \(pattern), \(numbers.count)"
    #expect(isEqual(rows.sorted().elements, sorted + otherSorted), "\(place)")
    let reversed = sorted.reversed() + otherSorted.reversed()
    #expect(isEqual(rows.sorted(descending: true).elements, Array(reversed)), "\(place)")
    let columns = rows.transposed().sorted(along: 0).transposed()
    #expect(isEqual(columns.elements, sorted + otherSorted), "\(place)")
  }

  @Test(arguments: counts) func rowsOfAnyLengthAndOrder(count: Int) {
    for pattern in Pattern.allCases {
      let numbers = numbers(pattern, count)
      expectRows(numbers, pattern)
      expectRows(numbers.map { Double($0) * 1.1 }, pattern)
      guard pattern != .special else { continue }
      let integers = numbers.map { Int32($0 * 1_000) } + [.min, .max, .max]
      let tensor = IndexTensor(integers)
      #expect(tensor.sorted().elements == integers.sorted())
      #expect(tensor.sorted(descending: true).elements == integers.sorted(by: >))
    }
  }

  @Test func theOriginalStays() {
    let tensor = Tensor((0..<128).map { Float(-$0) })
    let copy = tensor
    #expect(tensor.sorted()[0] == -127)
    #expect(tensor == copy && tensor[0] == 0)
  }

  /// By a table up to 256 different ones in rows of more than 1,024.
  @Test(arguments: [1, 2, 100, 256, 257, 700], [1_024, 1_025, 5_000])
  func differentElementsAreCounted(different: Int, count: Int) {
    let numbers = (0..<count).map { index in
      let number = index * 7_919 % different
      return number == 5
        ? Float.nan : number == 3 ? (index % 2 == 0 ? 0 : -0.0) : Float(number - 50)
    }
    var expected: [Float: Int32] = [:]
    for number in numbers where !number.isNaN { expected[number, default: 0] += 1 }
    let unknown = Int32(numbers.count { $0.isNaN })
    let order = expected.keys.sorted()
    let (values, counts) = Tensor(numbers).uniqueCounts()
    #expect(Array(values.elements.prefix(order.count)) == order)
    #expect(values.count == order.count + (unknown > 0 ? 1 : 0))
    #expect(unknown == 0 || values.elements.last?.isNaN == true)
    #expect(counts.elements == order.map { expected[$0] ?? 0 } + (unknown > 0 ? [unknown] : []))
    let integers = IndexTensor((0..<count).map { Int32($0 % different) })
    #expect(integers.unique().elements == (0..<Int32(min(different, count))).map { $0 })
    let wide = DoubleTensor(numbers.map { Double($0) }).uniqueCounts()
    #expect(wide.counts == counts)
  }
}
