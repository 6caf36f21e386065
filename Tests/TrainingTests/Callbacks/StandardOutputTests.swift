import Glibc
import Testing

@testable import PinionTraining

@Suite struct StandardOutputProgressTests {
  @Test func aTerminalHasAWidth() {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    #expect(terminal >= 0)
    defer { close(terminal) }
    #expect(StandardOutput.columns(of: terminal, terminal: "xterm") == 80, "it does not say")
    var size = winsize(ws_row: 10, ws_col: 37, ws_xpixel: 0, ws_ypixel: 0)
    #expect(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
    #expect(StandardOutput.columns(of: terminal, terminal: "xterm") == 37)
    #expect(StandardOutput.columns(of: terminal, terminal: nil) == 37)
    #expect(StandardOutput.columns(of: terminal, terminal: "dumb") == nil)
  }

  @Test func aFileHasNone() {
    let file = open("/dev/null", O_WRONLY)
    defer { close(file) }
    #expect(StandardOutput.columns(of: file, terminal: "xterm") == nil)
  }
}
