import PinionDistributed
import PinionTensor
import Testing

/// Sums, exchanges and largest numbers over ranks.
@Suite struct CollectiveTests {
  private static func vector(_ rank: Int, count: Int) -> [Float] {
    (0..<count).map { Float(($0 * 7_919 + rank * 104_729) % 1_009) * 1e-3 / Float(rank + 1) }
  }

  /// Along the tree whose leaves are the ranks.
  private static func sum(_ ranks: Range<Int>, count: Int) -> [Float] {
    guard ranks.count > 1 else { return vector(ranks.lowerBound, count: count) }
    let middle = ranks.lowerBound + ranks.count / 2
    return zip(
      sum(ranks.lowerBound..<middle, count: count), sum(middle..<ranks.upperBound, count: count)
    ).map(+)
  }

  @Test(arguments: [1, 2, 4, 8, 16], [0, 1, 2, 3, 5, 64, 1_000])
  func sumsAlongTheTree(of count: Int, length: Int) async throws {
    let expected = Self.sum(0..<count, count: length)
    let found = try await ranks(count) { communicator in
      let buffer = AlignedBuffer(count: length)
      for (i, value) in Self.vector(communicator.rank, count: length).enumerated() {
        buffer.view[i] = value
      }
      let scratch = AlignedBuffer(count: (length + 1) / 2)
      return withExtendedLifetime((buffer, scratch)) {
        RankGroup(communicator, count: count).sum(buffer.view, scratch: scratch.view)
        return buffer.view.array
      }
    }
    for sum in found { #expect(sum == expected) }
  }

  @Test(arguments: [2, 4, 8], [1, 2, 5, 8, 33])
  func gathersUnequalParts(of count: Int, units: Int) async throws {
    for sizes in [[4], [12, 4], [4, 8, 20]] {
      let found = try await ranks(count) { communicator in
        let own = communicator.rank * units / count..<(communicator.rank + 1) * units / count
        let buffers = sizes.map { AlignedBuffer(count: units * $0 / 4) }
        for (number, buffer) in buffers.enumerated() {
          let size = sizes[number] / 4
          for i in own.lowerBound * size..<own.upperBound * size {
            buffer.view[i] = Float(1_000 * number + i + 1)
          }
        }
        let scratch = AlignedBuffer(count: units * sizes.reduce(0, +) / 4)
        return withExtendedLifetime((buffers, scratch)) {
          let memory = buffers.map {
            GatheredMemory($0.view.rebound(to: UInt8.self), units: units)
          }
          RankGroup(communicator, count: count).gather(
            memory, scratch: scratch.view.rebound(to: UInt8.self))
          return buffers.map(\.view.array)
        }
      }
      for result in found {
        for (number, values) in result.enumerated() {
          #expect(values == values.indices.map { Float(1_000 * number + $0 + 1) })
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 8]) func findsTheLargest(of count: Int) async throws {
    let found = try await ranks(count) { communicator in
      (0..<count).map { place in communicator.maximum(communicator.rank == place ? 7 : -place) }
    }
    for values in found { #expect(values == Array(repeating: 7, count: count)) }
  }

  @Test(arguments: [1, 2, 3, 4, 7]) func gathersBytesOfAnyLength(of count: Int) async throws {
    let expected = (0..<count).map { [UInt8](repeating: UInt8($0), count: 5 * $0) }
    let found = try await ranks(count) { $0.gather(expected[$0.rank]) }
    for bytes in found { #expect(bytes == expected) }
  }

  @Test func aGroupIsAPartOfTheRanks() async throws {
    let found = try await ranks(4) { communicator in
      let group = RankGroup(communicator, count: 2)
      let (buffer, scratch) = (AlignedBuffer(count: 3), AlignedBuffer(count: 2))
      return withExtendedLifetime((buffer, scratch)) {
        buffer.view.fill(Float(communicator.rank + 1))
        group.sum(buffer.view, scratch: scratch.view)
        return [Float(group.first), Float(group.index)] + buffer.view.array
      }
    }
    #expect(found == [[0, 0, 3, 3, 3], [0, 1, 3, 3, 3], [2, 0, 7, 7, 7], [2, 1, 7, 7, 7]])
  }
}
