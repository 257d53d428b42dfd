@rem For "npm start", whose script begins with exec, which cmd.exe does not have. Other shells need it:
@rem without it a shell stays between npm and Hearth, ends on a signal, and leaves Hearth running.
@%*
