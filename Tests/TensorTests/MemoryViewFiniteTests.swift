import Testing

@testable import PinionTensor

@Suite struct MemoryViewFiniteTests {
  @Test(arguments: [1, 3, 15, 16, 17, 64, 1_000]) func everyPlaceIsLookedAt(count: Int) {
    let buffer = AlignedBuffer(count: count)
    let finite: [Float] = [
      0, -0.0, 1, -1, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude,
    ]
    for i in 0..<count { buffer.view[i] = finite[i % finite.count] }
    #expect(buffer.view.areFinite && buffer.view.firstNonFinite == nil)
    for place in 0..<count {
      for value in [Float.nan, -.nan, .infinity, -.infinity, Float(bitPattern: 0x7F80_0001)] {
        let before = buffer.view[place]
        buffer.view[place] = value
        #expect(!buffer.view.areFinite && buffer.view.firstNonFinite == place)
        buffer.view[place] = before
      }
    }
  }

  @Test func nothingIsFinite() {
    #expect(AlignedBuffer(count: 0).view.areFinite)
    #expect(AlignedBuffer(count: 0).view.firstNonFinite == nil)
  }
}
