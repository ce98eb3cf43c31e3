-- Who was there and how long: event_sync of jitsi-contrib/prosody-plugins reports to Kenes.
-- docker-jitsi-meet: copy to ${CONFIG}/prosody/config/conf.d/ and restart `prosody`.
Component "event-sync.meet.example.org" "event_sync_component"
    muc_component = "muc.meet.example.org"
    breakout_component = "breakout.meet.example.org"
    api_prefix = "https://kenes.example.org/jitsi"
    api_headers = {
        ["Authorization"] = "Bearer PUT-THE-CALLBACK-TOKEN-HERE";
    }
