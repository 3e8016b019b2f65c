"""The sound program: owns libVLC and the loudspeaker, has no network, reports what was heard."""
