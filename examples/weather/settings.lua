-- Where the forecast comes from, in the format of OpenWeatherMap's "5 day / 3 hour forecast".
return {
  -- The gateway is this computer in Moonlet: "python3 -m http.server 8091" in this directory
  -- answers with forecast.json. With a key of your own:
  -- url = "http://api.openweathermap.org/data/2.5/forecast?units=metric&q=Berlin&appid=KEY",
  url = "http://192.168.0.1:8091/forecast.json",
  every = 30 * 60,          -- seconds between two looks
  retry = 60,               -- seconds after one that failed
  rows = 16,                -- entries that are kept, of three hours each
  hours = 1,                -- east of Greenwich
}
