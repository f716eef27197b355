// Holds a lock file as the Rust reference does on Windows: opened with the default share mode, locked by LockFileEx.
// holder.exe FILE TOLD: writes what came of it to TOLD, and holds on until it is killed.
#include <windows.h>
#include <stdio.h>

static int tell(const char *path, const char *what, DWORD code) {
  FILE *file = fopen(path, "w");
  fprintf(file, "%s %lu\n", what, code);
  fclose(file);
  return 0;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE file = CreateFileA(arguments[1], GENERIC_READ | GENERIC_WRITE, share, NULL, OPEN_ALWAYS, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return tell(arguments[2], "refused-open", GetLastError());
  OVERLAPPED whole = {0};
  DWORD flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
  if (!LockFileEx(file, flags, 0, MAXDWORD, MAXDWORD, &whole)) return tell(arguments[2], "refused-lock", GetLastError());
  tell(arguments[2], "held", 0);
  Sleep(INFINITE);
  return 0;
}
