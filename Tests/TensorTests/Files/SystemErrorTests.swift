import Glibc
import PinionTensor
import Testing

@Suite struct SystemErrorTests {
  @Test func shortAndInterruptedTransfersGoOn() throws {
    var answers = [3, -1, 1, 6]
    var starts: [Int] = []
    let moved = try SystemError.transfer(count: 10) { done in
      starts.append(done)
      errno = EINTR
      return answers.removeFirst()
    }
    #expect(moved == 10)
    #expect(starts == [0, 3, 3, 4])
  }

  @Test func theEndStopsATransfer() throws {
    var answers = [4, 0]
    #expect(try SystemError.transfer(count: 10) { _ in answers.removeFirst() } == 4)
  }

  @Test func otherErrorsEndATransfer() throws {
    #expect(throws: SystemError(code: EIO)) {
      try SystemError.transfer(count: 10) { _ in
        errno = EIO
        return -1
      }
    }
    #expect(SystemError(code: EIO).text == "Input/output error")
  }
}
