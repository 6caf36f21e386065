/// Memory of which each rank of a group has computed a part. It holds units of equal size, such as
/// samples or lanes; the rank at index i of n has computed units i·units/n..<(i + 1)·units/n.
@safe package struct GatheredMemory {
  let base: UnsafeMutableRawPointer
  let unitBytes: Int
  let units: Int

  package init(_ view: MemoryView<UInt8>, units: Int) {
    unsafe base = unsafe UnsafeMutableRawPointer(view.base)
    self.units = units
    unitBytes = units > 0 ? view.count / units : 0
  }

  package var byteCount: Int { unitBytes * units }

  /// The bytes of the ranks in a range of indices.
  fileprivate func bytes(_ ranks: Range<Int>, of count: Int) -> UnsafeMutableRawBufferPointer {
    let start = ranks.lowerBound * units / count * unitBytes
    let end = ranks.upperBound * units / count * unitBytes
    return unsafe UnsafeMutableRawBufferPointer(start: base + start, count: end - start)
  }
}

extension RankGroup {
  /// All-reduce: the sum of the ranks' vectors, in place, on all ranks, along a balanced binary
  /// tree whose leaves are the ranks, as (0 + 1) + (2 + 3). Each rank sends 2·(n − 1)/n of the
  /// vector's bytes.
  ///
  /// Recursive halving with distance doubling: neighbors exchange halves and add them, then ranks
  /// at distance two quarters, and so on; the parts are then gathered in reverse. Both partners of
  /// an exchange compute the same bits, because addition commutes.
  ///
  /// - Parameter scratch: Half as many floats, rounded up.
  package func sum(_ vector: MemoryView<Float>, scratch: MemoryView<Float>) {
    var range = 0..<vector.count
    var distance = 1
    while distance < count {
      let (kept, given) = halves(of: range, distance: distance)
      let received = scratch[0..<kept.count]
      unsafe swap(vector[given].bytes, received.mutableBytes, with: index ^ distance)
      let (sum, term) = unsafe (vector.base + kept.lowerBound, received.base)
      for i in 0..<kept.count { unsafe sum[i] += term[i] }
      range = kept
      distance *= 2
    }
    while distance > 1 {
      distance /= 2
      let whole = ranges(of: vector.count, until: distance)
      let (kept, given) = halves(of: whole, distance: distance)
      unsafe swap(vector[kept].bytes, vector[given].mutableBytes, with: index ^ distance)
    }
  }

  /// The range that this rank sums at a distance, before it is halved.
  private func ranges(of count: Int, until limit: Int) -> Range<Int> {
    var range = 0..<count
    var distance = 1
    while distance < limit {
      range = halves(of: range, distance: distance).kept
      distance *= 2
    }
    return range
  }

  private func halves(of range: Range<Int>, distance: Int) -> (kept: Range<Int>, given: Range<Int>)
  {
    let middle = range.lowerBound + range.count / 2
    let (lower, upper) = (range.lowerBound..<middle, middle..<range.upperBound)
    return index & distance == 0 ? (lower, upper) : (upper, lower)
  }

  /// All-gather: copies each rank's parts to all ranks.
  ///
  /// - Parameter scratch: As many bytes as all of the memory together; unused for a single element
  ///   of `memory`.
  package func gather(_ memory: [GatheredMemory], scratch: MemoryView<UInt8>) {
    var distance = 1
    while distance < count {
      let own = index / distance * distance
      let other = own ^ distance
      let (ownRanks, otherRanks) = (own..<own + distance, other..<other + distance)
      if memory.count == 1 {
        unsafe swap(
          UnsafeRawBufferPointer(memory[0].bytes(ownRanks, of: count)),
          memory[0].bytes(otherRanks, of: count), with: index ^ distance)
      } else {
        let sent = copy(memory, ownRanks, to: scratch, from: 0)
        let size = memory.reduce(0) { unsafe $0 + $1.bytes(otherRanks, of: count).count }
        let received = scratch[sent.count..<sent.count + size]
        unsafe swap(sent.bytes, received.mutableBytes, with: index ^ distance)
        var start = unsafe received.base
        for part in memory {
          let target = unsafe part.bytes(otherRanks, of: count)
          unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: start, count: target.count))
          unsafe start += target.count
        }
      }
      distance *= 2
    }
  }

  /// Copies the ranks' parts of all memory into scratch memory, one after the other.
  private func copy(
    _ memory: [GatheredMemory], _ ranks: Range<Int>, to scratch: MemoryView<UInt8>, from start: Int
  ) -> MemoryView<UInt8> {
    var end = start
    for part in memory {
      let source = unsafe part.bytes(ranks, of: count)
      unsafe scratch[end..<end + source.count].mutableBytes.copyMemory(
        from: UnsafeRawBufferPointer(source))
      end += source.count
    }
    return scratch[start..<end]
  }
}

extension Communicator {
  /// All-gather along a ring: the bytes of each rank, which may differ in number, by rank.
  package func gather(_ bytes: [UInt8]) -> [[UInt8]] {
    var all = Array(repeating: [UInt8](), count: size)
    all[rank] = bytes
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    for step in 0..<size - 1 {
      let sent = all[(rank + size - step) % size]
      var length = 0
      unsafe withUnsafeMutableBytes(of: &length) { length in
        unsafe withUnsafeBytes(of: sent.count) {
          unsafe exchange(sending: $0, to: next, receiving: length, from: previous)
        }
      }
      var received = [UInt8](repeating: 0, count: length)
      unsafe received.withUnsafeMutableBytes { received in
        unsafe sent.withUnsafeBytes {
          unsafe exchange(sending: $0, to: next, receiving: received, from: previous)
        }
      }
      all[(rank + size - step - 1) % size] = received
    }
    return all
  }

  /// All-reduce: the largest of the ranks' numbers, on all ranks. Does not allocate.
  package func maximum(_ value: Int) -> Int {
    var (largest, sent, received) = (value, value, 0)
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    // A ring, in log₂ steps where the number of ranks is a power of two.
    let doubles = size & (size - 1) == 0
    var step = 1
    while step < size {
      let (target, source) = doubles ? (rank ^ step, rank ^ step) : (next, previous)
      if doubles { sent = largest }
      unsafe withUnsafeMutableBytes(of: &received) { received in
        unsafe withUnsafeBytes(of: sent) {
          unsafe exchange(sending: $0, to: target, receiving: received, from: source)
        }
      }
      largest = max(largest, received)
      sent = received
      step = doubles ? step * 2 : step + 1
    }
    return largest
  }

  /// Returns when all ranks have called it.
  package func barrier() { _ = maximum(0) }
}

extension MemoryView {
  /// The memory as raw bytes.
  package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(mutableBytes) }

  /// The memory as raw bytes, to be written.
  package var mutableBytes: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride)
  }
}
